//! Verifies the whole trail: every link, every event, nothing beside them, and a checkpoint that was kept elsewhere.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use serde::{Deserialize, Serialize};

use super::block::{BEGINNING, Block, Checkpoint, Entry, digest_of};
use super::chain::{Chain, named};
use super::event::{Action, Event};
use super::linking::{Damaged, Waiting};
use super::order::Order;
use super::search::{found_by, indexes, search_keys};
use super::trail;
use crate::storage::{Key, Raw, StorageError, aside};

/// So many problems are named; the rest is counted.
const NAMED: usize = 100;
const PAGE: usize = 500;
const HEADLESS: &str = "the head of the chain is missing";

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// Blocks that were checked.
    pub blocks: u64,
    /// Events in them.
    pub events: u64,
    /// Events that the retention removed, by its tombstone.
    pub removed: u64,
    /// Events from before there was a chain, which were taken over as they stood.
    pub adopted: u64,
    /// Events that wait to be linked.
    pub unlinked: u64,
    /// For how many seconds the oldest of them has waited; more than a few mean that nothing links them.
    pub oldest_unlinked: u64,
    /// What is wrong, a sentence each; empty when all is well. At most 100.
    pub problems: Vec<String>,
    /// Further problems.
    pub more_problems: u64,
    /// The newest checkpoint, to be kept elsewhere.
    pub checkpoint: Option<String>,
    /// The Ed25519 key (base64url) that signed the blocks.
    pub public_key: String,
}

impl Verified {
    fn problem(&mut self, sentence: String) {
        if self.problems.len() < NAMED { self.problems.push(sentence) } else { self.more_problems += 1 }
    }
}

/// How far the walk from block to block has come.
struct Walk<'a> {
    chain: &'a Chain,
    report: Verified,
    next: u64,
    /// The hash of the block before; `None` where that one is missing.
    previous: Option<String>,
    /// Hashes of the keys of linked events, under a chance that no forger knows.
    linked: HashSet<u64>,
    hasher: RandomState,
    order: Order,
    /// Records that were set aside, by the events that tell of it.
    aside: u64,
}

impl Chain {
    /// Reads everything. `kept` is a checkpoint from elsewhere: with it a tail that was cut off is noticed too.
    pub async fn verify(&self, kept: Option<&Checkpoint>) -> Result<Verified, StorageError> {
        let _alone = self.oldest.lock().await;
        let mut walk = Walk::start(self).await?;
        walk.on().await?;
        let strange = walk.not_linked().await?;
        walk.on().await?;
        walk.judge(strange);
        walk.markers().await?;
        walk.search_keys().await?;
        walk.set_aside().await?;
        walk.places();
        let kept = match kept {
            Some(kept) => self.against(kept).await?,
            None => None,
        };
        kept.into_iter().chain(self.against_kept().await?).for_each(|problem| walk.report.problem(problem));
        Ok(walk.report)
    }
}

impl<'a> Walk<'a> {
    async fn start(chain: &'a Chain) -> Result<Self, StorageError> {
        let mut report = Verified { public_key: chain.signer.public_key(), ..Verified::default() };
        let (mut next, mut previous) = (1, BEGINNING.to_owned());
        if let Some(stone) = chain.tombstone().await? {
            let stone = stone.value;
            if !chain.signer.made_tombstone(&stone) {
                report.problem("the tombstone of the retention was forged".to_owned());
            }
            report.removed = stone.events;
            (next, previous) = (stone.last.number.saturating_add(1), stone.last.hash);
        }
        match chain.beginning().await {
            Ok(beginning) => report.adopted = beginning.events,
            Err(StorageError::Corrupt(problem)) => report.problem(problem),
            Err(error) => return Err(error),
        }
        let (linked, hasher, order) = (HashSet::new(), RandomState::new(), Order::default());
        Ok(Self { chain, report, next, previous: Some(previous), linked, hasher, order, aside: 0 })
    }

    /// From where the walk stands to the present head.
    async fn on(&mut self) -> Result<(), StorageError> {
        let head = self.chain.newest().await?;
        let last = head.as_ref().map_or(0, |head| head.number);
        if head.is_none() && !self.report.problems.iter().any(|problem| problem == HEADLESS) {
            self.report.problem(HEADLESS.to_owned());
        }
        while self.next <= last {
            self.block(self.next).await?;
            self.next += 1;
        }
        if let Some(head) = &head {
            if !self.chain.signer.made(head) || self.previous.as_ref().is_some_and(|hash| *hash != head.hash)
            {
                self.report.problem(format!("the head of the chain is not that of block {last}"));
            }
            self.report.checkpoint = Some(head.to_text()).filter(|_| last > 0);
        }
        let beyond = self.chain.store.get_one(&Block::key(self.next)).await?;
        // A block that was linked this very moment stands there with its head.
        if beyond.is_some() && self.chain.newest().await?.map_or(0, |head| head.number) < self.next {
            self.report.problem(format!("block {} stands beyond the head of the chain", self.next));
        }
        Ok(())
    }

    async fn block(&mut self, number: u64) -> Result<(), StorageError> {
        let read = readable(self.chain.store.fetch::<Block>(&Block::key(number)).await)?;
        let Some(block) = read.flatten().map(|stored| stored.value) else {
            self.report.problem(format!("block {number} is missing or cannot be read"));
            self.previous = None;
            return Ok(());
        };
        let checkpoint = block.checkpoint(number);
        if !self.chain.signer.made(&checkpoint) {
            self.report.problem(format!("block {number} was changed"));
        }
        if self.previous.as_ref().is_some_and(|previous| *previous != block.previous) {
            self.report.problem(format!("block {number} does not follow the one before it"));
        }
        self.previous = Some(checkpoint.hash);
        self.report.blocks += 1;
        let keys: Vec<_> = block.entries.iter().map(Entry::event_key).collect();
        let mut events = Vec::with_capacity(keys.len());
        for (entry, record) in block.entries.iter().zip(self.chain.records(&keys).await?) {
            if let Some(event) = self.entry(number, entry, record) {
                self.order.event(&event, number, block.at);
                events.push(event);
            }
        }
        self.are_found(&events).await
    }

    /// The event, if it is as it was linked.
    fn entry(&mut self, number: u64, entry: &Entry, record: Result<Option<Raw>, Damaged>) -> Option<Event> {
        self.report.events += 1;
        let id = &entry.id;
        let mark = self.hasher.hash_one(entry.event_key().as_bytes());
        if !self.linked.insert(mark) {
            self.report.problem(format!("event {id} of block {number} was linked twice"));
        }
        let what = match record {
            Ok(None) => "removed",
            Ok(Some(record)) if digest_of(&record.json) == entry.digest => {
                let event = record.decode::<Event>().ok()?.value;
                if event.action == Action::EventSetAside {
                    self.aside = self.aside.saturating_add(event.count.unwrap_or_default());
                }
                return Some(event);
            }
            Ok(Some(_)) => "changed",
            Err(Damaged) => "damaged",
        };
        self.report.problem(format!("event {id} of block {number} was {what}"));
        None
    }

    /// Every linked event stands under all its search keys.
    async fn are_found(&mut self, events: &[Event]) -> Result<(), StorageError> {
        let keys: Vec<_> = events.iter().flat_map(search_keys).collect();
        for (key, found) in keys.iter().zip(self.chain.records(&keys).await?) {
            if !matches!(found, Ok(Some(_))) {
                self.report.problem(format!("the search key {key} was removed"));
            }
        }
        Ok(())
    }

    /// Every search key is one of its event.
    async fn search_keys(&mut self) -> Result<(), StorageError> {
        for index in indexes() {
            let mut after = None;
            loop {
                let page = self.chain.store.scan(&index, after.as_ref(), PAGE).await?;
                let Some((last, _)) = page.last() else { break };
                after = Some(last.clone());
                let (named, strange): (Vec<_>, Vec<_>) = page
                    .into_iter()
                    .map(|(key, _)| (found_by(&key), key))
                    .partition(|(name, _)| name.is_some());
                let events: Vec<_> = named
                    .iter()
                    .flat_map(|(name, _)| name)
                    .map(|(at, id)| trail::event_key(*at, id))
                    .collect();
                let found = self.chain.records(&events).await?;
                let wrong = named.into_iter().zip(found).filter(|((_, key), record)| !leads(key, record));
                for key in strange.into_iter().chain(wrong.map(|(named, _)| named)).map(|(_, key)| key) {
                    self.report.problem(format!("the search key {key} is of no event"));
                }
            }
        }
        Ok(())
    }

    /// What was set aside stays a problem, and stays there.
    async fn set_aside(&mut self) -> Result<(), StorageError> {
        let all = aside::all(&self.chain.store, None).await?;
        let mut own = 0;
        for aside in all {
            own += u64::from(aside.key.starts_with("audit/"));
            let aside::SetAside { key, at, why, .. } = aside;
            self.report.problem(format!("the record {key} was set aside at {}: {why}", at.rfc3339()));
        }
        if own < self.aside {
            let told = self.aside;
            self.report
                .problem(format!("{told} records of the trail were set aside, but only {own} stand there"));
        }
        Ok(())
    }

    fn places(&mut self) {
        for misplaced in std::mem::take(&mut self.order).misplaced() {
            let sentence = format!(
                "event {} of block {} does not stand where its time belongs",
                misplaced.id, misplaced.block
            );
            self.report.problem(sentence);
        }
    }

    /// Events that no block so far holds.
    async fn not_linked(&self) -> Result<Vec<Key>, StorageError> {
        let (mut strange, mut after) = (Vec::new(), None);
        loop {
            let page = self.chain.store.scan(&trail::events(), after.as_ref(), PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            let keys = page.into_iter().map(|(key, _)| key);
            strange.extend(keys.filter(|key| !self.is_linked(key)));
        }
        // Whoever has no marker any more was linked before we looked: the walk goes on to find its block.
        let mut unmarked = Vec::new();
        for key in strange {
            let marker = named(&key).map(|(at, id)| trail::unlinked_key(at, &id));
            let marked = match marker {
                Some(marker) => self.chain.store.get_one(&marker).await?.is_some(),
                None => false,
            };
            if !marked {
                unmarked.push(key);
            }
        }
        Ok(unmarked)
    }

    fn is_linked(&self, key: &Key) -> bool {
        self.linked.contains(&self.hasher.hash_one(key.as_bytes()))
    }

    fn judge(&mut self, strange: Vec<Key>) {
        for key in strange {
            if !self.is_linked(&key) {
                let id = key.last_part();
                self.report.problem(format!("event {id} stands outside the chain: it was inserted"));
            }
        }
    }

    /// Counts what waits; a marker whose event is gone tells that somebody removed it.
    async fn markers(&mut self) -> Result<(), StorageError> {
        let (now, mut after) = (self.chain.clock.now(), None);
        loop {
            let page = self.chain.store.scan(&trail::unlinked(), after.as_ref(), PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            for (marker, waiting) in self.chain.judge(page).await? {
                let at = named(&marker).map_or(now, |(at, _)| at);
                self.report.unlinked += 1;
                self.report.oldest_unlinked = self.report.oldest_unlinked.max(now.since(at).as_secs());
                let id = marker.last_part();
                match waiting {
                    Waiting::Event(..) => {}
                    Waiting::Gone(_) => {
                        self.report.problem(format!("event {id} was removed before it was linked"));
                    }
                    Waiting::Useless(why, _) => {
                        self.report
                            .problem(format!("event {id}, which is not linked yet, is of no use: {why}"));
                    }
                }
            }
        }
        if let Some(waited) = self.chain.late().await? {
            let seconds = waited.as_secs();
            self.report
                .problem(format!("an event waits to be linked since {seconds} s, although the server runs"));
        }
        Ok(())
    }
}

/// Whether `key` is a search key of the event that `record` is.
fn leads(key: &Key, record: &Result<Option<Raw>, Damaged>) -> bool {
    match record {
        Ok(Some(record)) => {
            record.clone().decode::<Event>().is_ok_and(|event| search_keys(&event.value).contains(key))
        }
        _ => false,
    }
}

/// `None` where the bytes are damaged: that is a finding, not a failure.
fn readable<T>(read: Result<T, StorageError>) -> Result<Option<T>, StorageError> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(StorageError::Corrupt(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
