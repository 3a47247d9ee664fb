//! Links events into the chain, soon after the commit that wrote them: no request waits for it (R-AU-06).
//!
//! Only what somebody with the master key has written is linked. The rest, and what cannot be read, is set aside, kept as it
//! was, and an event of our own tells how much that was; so neither stops what stands behind it.

use std::sync::PoisonError;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::block::{Block, Checkpoint, Entry, digest_of};
use super::chain::{Chain, named};
use super::event::{Action, Actor, Event, Origin, Outcome};
use super::search::search_keys;
use super::trail::{self, Unlinked};
use crate::foundation::Timestamp;
use crate::foundation::ids::EventId;
use crate::storage::{Batch, Key, Outcome as Written, Raw, Record, StorageError, Stored, aside};

/// Most events of one block, so that one commit holds it with all search keys.
pub const MOST_IN_BLOCK: usize = 150;
const MOST_COUNTED: usize = 1_000;
/// So long an event may wait while the server runs.
const LATE: Duration = Duration::from_secs(60);

/// How the linking of this process fares.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Since when, by monotonic time, events are linked again and again.
    since: Option<Duration>,
    /// What went wrong last, so that it is logged once.
    trouble: Option<String>,
}

/// That an event stands where its search key says.
#[derive(Debug, Serialize, Deserialize)]
struct Found {}

impl Record for Found {}

/// What a marker stands for.
#[derive(Debug)]
pub(super) enum Waiting {
    /// An event that somebody with the master key has written.
    Event(Entry, Box<Event>),
    /// An event that is gone.
    Gone(Entry),
    /// A record that is of no use, for this reason.
    Useless(&'static str, Option<Raw>),
}

impl Chain {
    /// From now on [`Self::link_all`] is called again and again: what waits for long shows that something is wrong.
    pub fn keep_linking(&self) {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.since = Some(self.clock.monotonic());
    }

    /// Links all events that wait. Trouble is logged, once; the next call tries again.
    pub async fn link_all(&self) {
        let trouble = loop {
            match self.link().await {
                Ok(MOST_IN_BLOCK) => {}
                Ok(_) => break None,
                Err(error) => break Some(error.to_string()),
            }
        };
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = trouble.as_ref().filter(|_| progress.trouble != trouble) {
            tracing::error!(%error, "audit events could not be linked");
        }
        progress.trouble = trouble;
    }

    /// Links what is not linked yet, at most [`MOST_IN_BLOCK`] events in one commit; answers how many markers were dealt with.
    pub async fn link(&self) -> Result<usize, StorageError> {
        // Before the markers: whoever links them meanwhile moves the head, and this commit is refused.
        let head = self.head().await?;
        let markers = self.store.scan(&trail::unlinked(), None, MOST_IN_BLOCK).await?;
        if markers.is_empty() {
            return Ok(0);
        }
        let head = head.filter(|head| self.signer.made(&head.value)).ok_or_else(|| {
            StorageError::Corrupt("the head of the audit chain is missing or was forged".to_owned())
        })?;
        let count = markers.len();
        let mut round = Round::default();
        for (marker, waiting) in self.judge(markers).await? {
            round.take(self, marker, waiting);
        }
        Ok(if round.commit(self, head).await? { count } else { 0 })
    }

    /// How many events wait to be linked; 1,000 stands for any more.
    pub async fn waiting(&self) -> Result<usize, StorageError> {
        Ok(self.store.scan(&trail::unlinked(), None, MOST_COUNTED).await?.len())
    }

    /// For how long the oldest event has waited although it should have been linked long ago.
    pub(super) async fn late(&self) -> Result<Option<Duration>, StorageError> {
        let since = self.progress.lock().unwrap_or_else(PoisonError::into_inner).since;
        let Some(since) = since else { return Ok(None) };
        let oldest = self.store.scan(&trail::unlinked(), None, 1).await?.pop();
        let Some((key, _)) = oldest else { return Ok(None) };
        let at = named(&key).map_or(Timestamp(0), |(at, _)| at);
        let waited = self.clock.now().since(at).min(self.clock.monotonic().saturating_sub(since));
        Ok(Some(waited).filter(|waited| *waited > LATE))
    }

    /// What each of these markers stands for.
    pub(super) async fn judge(&self, markers: Vec<(Key, Raw)>) -> Result<Vec<(Key, Waiting)>, StorageError> {
        let names: Vec<_> = markers.iter().map(|(key, _)| named(key)).collect();
        let keys: Vec<_> = names.iter().flatten().map(|(at, id)| trail::event_key(*at, id)).collect();
        let mut records = self.records(&keys).await?.into_iter();
        let mut judged = Vec::with_capacity(markers.len());
        for ((marker, raw), name) in markers.into_iter().zip(names) {
            let waiting = match name {
                None => Waiting::Useless("it names no event", None),
                Some(name) => self.judge_one(raw, name, records.next().unwrap_or(Ok(None))),
            };
            judged.push((marker, waiting));
        }
        Ok(judged)
    }

    fn judge_one(
        &self,
        marker: Raw,
        (at, id): (Timestamp, EventId),
        record: Result<Option<Raw>, Damaged>,
    ) -> Waiting {
        let record = match record {
            Ok(Some(record)) => record,
            Ok(None) => return Waiting::Gone(Entry { at, id, digest: String::new() }),
            Err(Damaged) => return Waiting::Useless("its bytes are damaged", None),
        };
        let Ok(event) = record.clone().decode::<Event>() else {
            return Waiting::Useless("it cannot be read", Some(record));
        };
        let event = event.value;
        let proof = marker.decode::<Unlinked>().map(|marker| marker.value.proof).unwrap_or_default();
        let stands_here = event.at == at && event.id == id;
        if stands_here && self.voucher.made(&proof, &trail::event_key(at, &id), &record) {
            return Waiting::Event(Entry { at, id, digest: digest_of(&record.json) }, Box::new(event));
        }
        Waiting::Useless("nobody with the master key wrote it", Some(record))
    }

    /// One view of all, or, where one of them is damaged, each by itself.
    pub(super) async fn records(
        &self,
        keys: &[Key],
    ) -> Result<Vec<Result<Option<Raw>, Damaged>>, StorageError> {
        match self.store.get(keys).await {
            Ok(found) => return Ok(found.into_iter().map(Ok).collect()),
            Err(StorageError::Corrupt(_)) => {}
            Err(error) => return Err(error),
        }
        let mut records = Vec::with_capacity(keys.len());
        for key in keys {
            records.push(match self.store.get(std::slice::from_ref(key)).await {
                Ok(mut found) => Ok(found.pop().flatten()),
                Err(StorageError::Corrupt(_)) => Err(Damaged),
                Err(error) => return Err(error),
            });
        }
        Ok(records)
    }
}

/// The bytes of a record are damaged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Damaged;

/// What one commit links and sets aside.
#[derive(Debug, Default)]
struct Round {
    batch: Batch,
    entries: Vec<Entry>,
    events: Vec<Event>,
    aside: Vec<(Key, &'static str)>,
}

impl Round {
    fn take(&mut self, chain: &Chain, marker: Key, waiting: Waiting) {
        match waiting {
            Waiting::Gone(entry) => self.entries.push(entry),
            Waiting::Event(entry, event) => {
                for key in search_keys(&event) {
                    self.batch.put(key, &Found {}, None);
                }
                self.entries.push(entry);
                self.events.push(*event);
            }
            Waiting::Useless(why, raw) => {
                self.batch.require_present(marker.clone());
                let key = named(&marker).map(|(at, id)| trail::event_key(at, &id));
                let place = key.filter(|_| raw.is_some()).unwrap_or_else(|| marker.clone());
                aside::set_aside(&mut self.batch, &place, raw.as_ref(), why, chain.clock.now());
                self.aside.push((place, why));
            }
        }
        self.batch.delete(marker);
    }

    /// Whether it was this process that linked them.
    async fn commit(mut self, chain: &Chain, head: Stored<Checkpoint>) -> Result<bool, StorageError> {
        self.tell(chain);
        let block = head.value.number.saturating_add(1);
        self.batch.require_revision(Checkpoint::key(), head.revision);
        let conditions = self.batch.conditions();
        if !self.entries.is_empty() {
            self.append(chain, head.value, block);
        }
        match chain.store.commit(self.batch).await? {
            Written::Done(_) => {
                for (key, why) in &self.aside {
                    tracing::error!(%key, why, "a record of the audit trail was set aside");
                }
                self.events.iter().for_each(Event::tally);
                Ok(true)
            }
            Written::Refused(place) if place == conditions => {
                Err(StorageError::Corrupt(format!("block {block} stands beyond the head of the audit chain")))
            }
            Written::Refused(_) => Ok(false),
        }
    }

    /// Says in the trail what was set aside.
    fn tell(&mut self, chain: &Chain) {
        if !self.aside.is_empty() {
            let count = u64::try_from(self.aside.len()).unwrap_or(u64::MAX);
            let event = chain.trail.event(Action::EventSetAside, Outcome::Failure, &Origin::default());
            event.by(Actor::System).count(count).write(&mut self.batch);
        }
    }

    fn append(&mut self, chain: &Chain, head: Checkpoint, number: u64) {
        let entries = std::mem::take(&mut self.entries);
        let (at, previous) = (chain.clock.now(), head.hash);
        let mut block = Block { at, previous, entries, signature: String::new() };
        let checkpoint = chain.signer.sign_block(&mut block, number);
        self.batch.require_absent(Block::key(number)).put(Block::key(number), &block, None);
        self.batch.put(Checkpoint::key(), &checkpoint, None);
    }
}
