//! Verifies the whole trail: every link, every event, nothing beside them, and a checkpoint that was kept elsewhere.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use serde::{Deserialize, Serialize};

use super::block::{BEGINNING, Block, Checkpoint, Entry, digest_of};
use super::chain::{Chain, named};
use super::trail;
use crate::storage::{Key, Raw, StorageError};

/// So many problems are named; the rest is counted.
const NAMED: usize = 100;
const PAGE: usize = 500;

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// Blocks that were checked.
    pub blocks: u64,
    /// Events in them.
    pub events: u64,
    /// Events that the retention removed, by its tombstone.
    pub removed: u64,
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
        if let Some(kept) = kept {
            walk.compare(kept).await?;
        }
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
        let (linked, hasher) = (HashSet::new(), RandomState::new());
        Ok(Self { chain, report, next, previous: Some(previous), linked, hasher })
    }

    /// From where the walk stands to the present head.
    async fn on(&mut self) -> Result<(), StorageError> {
        let head = self.chain.newest().await?;
        let last = head.as_ref().map_or(0, |head| head.number);
        while self.next <= last {
            self.block(self.next).await?;
            self.next += 1;
        }
        if let Some(head) = &head {
            if !self.chain.signer.made(head) || self.previous.as_ref().is_some_and(|hash| *hash != head.hash)
            {
                self.report.problem(format!("the head of the chain is not that of block {last}"));
            }
            self.report.checkpoint = Some(head.to_text());
        }
        let beyond = self.chain.store.get(&[Block::key(self.next)]).await?.pop().flatten();
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
        for (entry, record) in block.entries.iter().zip(self.records(&keys).await?) {
            self.entry(number, entry, record);
        }
        Ok(())
    }

    fn entry(&mut self, number: u64, entry: &Entry, record: Option<Raw>) {
        self.report.events += 1;
        let id = &entry.id;
        match record {
            None => self.report.problem(format!("event {id} of block {number} was removed")),
            Some(record) if digest_of(&record.json) != entry.digest => {
                self.report.problem(format!("event {id} of block {number} was changed"));
            }
            Some(_) => {}
        }
        let mark = self.hasher.hash_one(entry.event_key().as_bytes());
        if !self.linked.insert(mark) {
            self.report.problem(format!("event {id} of block {number} was linked twice"));
        }
    }

    /// One view of all, or, where one of them cannot be read, each by itself.
    async fn records(&self, keys: &[Key]) -> Result<Vec<Option<Raw>>, StorageError> {
        if let Some(found) = readable(self.chain.store.get(keys).await)? {
            return Ok(found);
        }
        let mut records = Vec::with_capacity(keys.len());
        for key in keys {
            let found = readable(self.chain.store.get(std::slice::from_ref(key)).await)?;
            records.push(found.and_then(|mut found| found.pop().flatten()));
        }
        Ok(records)
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
                Some(marker) => self.chain.store.get(&[marker]).await?.pop().flatten().is_some(),
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
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = Some(last.clone());
            let names: Vec<_> = page.iter().filter_map(|(key, _)| named(key)).collect();
            let keys: Vec<_> = names.iter().map(|(at, id)| trail::event_key(*at, id)).collect();
            for ((at, id), record) in names.into_iter().zip(self.records(&keys).await?) {
                self.report.unlinked += 1;
                self.report.oldest_unlinked = self.report.oldest_unlinked.max(now.since(at).as_secs());
                if record.is_none() {
                    self.report.problem(format!("event {id} was removed before it was linked"));
                }
            }
        }
    }

    async fn compare(&mut self, kept: &Checkpoint) -> Result<(), StorageError> {
        let number = kept.number;
        if !self.chain.signer.made(kept) {
            self.report.problem("the checkpoint that was given was not made here".to_owned());
            return Ok(());
        }
        if number >= self.next {
            let last = self.next.saturating_sub(1);
            let sentence =
                format!("the chain was cut off: it ends with block {last}, the checkpoint says {number}");
            self.report.problem(sentence);
            return Ok(());
        }
        let stone = self.chain.tombstone().await?.map(|stone| stone.value.last);
        if stone.as_ref().is_some_and(|last| number < last.number) {
            // Its block is gone by the retention; the tombstone, signed, stands for it.
            return Ok(());
        }
        let hash = match stone.filter(|last| last.number == number) {
            Some(last) => Some(last.hash),
            None => self
                .chain
                .store
                .fetch::<Block>(&Block::key(number))
                .await?
                .map(|block| block.value.hash(number)),
        };
        if hash.as_ref() != Some(&kept.hash) {
            self.report.problem(format!("block {number} is another than the checkpoint says"));
        }
        Ok(())
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
