//! Generations: what is configured (clients, groups, settings) is replaced as a whole, by one commit that makes another
//! generation the current one.
//!
//! Each object of a generation is a record of its own. `configuration/current` names the generation that counts; as long as
//! it is absent, that is generation 0, whose records stand where versions before generations wrote them. A small change
//! (one client added) is written into the current generation and marks it as changed, so that nobody who prepares another
//! one meanwhile loses it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::{Batch, Key, Raw, Record, Revision, SharedStore, StorageError};
use crate::config::live;
use crate::foundation::Timestamp;

/// Records read in one page.
const PAGE: usize = 500;

/// Which generation counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Current {
    /// Its number.
    pub generation: u64,
    /// When it became the current one.
    pub since: Option<Timestamp>,
}

impl Record for Current {}

/// Where it stands which generation counts.
pub fn current_key() -> Key {
    Key::new("configuration", &["current"])
}

/// One generation, as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generation {
    /// What stood at `configuration/current`.
    pub current: Current,
    /// The write that put it there; `None` while there is none.
    pub revision: Option<Revision>,
}

impl Generation {
    fn read(raw: Option<Raw>) -> Result<Self, StorageError> {
        let Some(raw) = raw else {
            return Ok(Self { current: Current { generation: 0, since: None }, revision: None });
        };
        let stored = raw.decode::<Current>()?;
        Ok(Self { current: stored.value, revision: Some(stored.revision) })
    }

    /// Its number.
    pub fn number(&self) -> u64 {
        self.current.generation
    }

    /// Where the object `kind/id` of this generation stands.
    pub fn key(&self, kind: &str, id: &str) -> Key {
        key(self.number(), kind, id)
    }

    /// Adds to `batch` the condition that this generation still counts, unchanged.
    pub fn hold(&self, batch: &mut Batch) {
        match self.revision {
            Some(revision) => batch.require_revision(current_key(), revision),
            None => batch.require_absent(current_key()),
        };
    }

    /// Adds to `batch` that an object of this generation changes: only while it counts, and so that everybody sees it.
    pub fn change(&self, batch: &mut Batch) {
        self.hold(batch);
        batch.put(current_key(), &self.current, None);
    }
}

/// Where the object `kind/id` of the generation `number` stands.
pub fn key(number: u64, kind: &str, id: &str) -> Key {
    match number {
        0 => Key::new(kind, &[id]),
        _ => Key::new("generation", &[&numeral(number), kind, id]),
    }
}

/// Before all objects of one kind in the generation `number`.
pub fn prefix(number: u64, kind: &str) -> Key {
    match number {
        0 => Key::prefix(kind, &[]),
        _ => Key::prefix("generation", &[&numeral(number), kind]),
    }
}

/// A number as it stands in keys, so that they are ordered by it.
pub fn numeral(number: u64) -> String {
    format!("{number:020}")
}

/// Reads objects of the current generation; within a request, of the one it began with.
#[derive(Debug, Clone)]
pub struct Generations {
    store: SharedStore,
    /// The number that counted last, so that one view is enough as long as it still counts.
    known: Arc<AtomicU64>,
}

impl Generations {
    /// The generations in `store`.
    pub fn new(store: SharedStore) -> Self {
        Self { store, known: Arc::default() }
    }

    /// The generation that counts now, whatever the present request began with: for those who change it.
    pub async fn current(&self) -> Result<Generation, StorageError> {
        Generation::read(self.store.get_one(&current_key()).await?)
    }

    /// The objects `kind/id` for each of `ids`, from one view of one generation.
    pub async fn get(&self, kind: &str, ids: &[&str]) -> Result<Vec<Option<Raw>>, StorageError> {
        match live::pinned_generation() {
            Some(number) => {
                let keys: Vec<_> = ids.iter().map(|id| key(number, kind, id)).collect();
                self.store.get(&keys).await
            }
            None => Ok(self.get_current(kind, ids).await?.1),
        }
    }

    /// The same from the generation that counts now, and which one that is: for those who change it.
    pub async fn get_current(
        &self,
        kind: &str,
        ids: &[&str],
    ) -> Result<(Generation, Vec<Option<Raw>>), StorageError> {
        loop {
            let number = self.known.load(Ordering::Relaxed);
            let objects = ids.iter().map(|id| key(number, kind, id));
            let keys: Vec<_> = std::iter::once(current_key()).chain(objects).collect();
            let mut found = self.store.get(&keys).await?.into_iter();
            let generation = Generation::read(found.next().flatten())?;
            if generation.number() == number {
                return Ok((generation, found.collect()));
            }
            self.known.store(generation.number(), Ordering::Relaxed);
        }
    }

    /// The objects of one kind, ordered by id, a page of `limit` after the one with the id `after`.
    pub async fn list(
        &self,
        kind: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Raw>, StorageError> {
        let number = match live::pinned_generation() {
            Some(number) => number,
            None => self.current().await?.number(),
        };
        let after = after.map(|id| key(number, kind, id));
        let page = self.store.scan(&prefix(number, kind), after.as_ref(), limit).await?;
        Ok(page.into_iter().map(|(_, raw)| raw).collect())
    }

    /// All objects of one kind in `generation`. Whoever needs them whole asks afterwards whether it still counts.
    pub async fn all(&self, generation: &Generation, kind: &str) -> Result<Vec<(Key, Raw)>, StorageError> {
        let prefix = prefix(generation.number(), kind);
        let mut all: Vec<(Key, Raw)> = Vec::new();
        loop {
            let after = all.last().map(|(key, _)| key.clone());
            let page = self.store.scan(&prefix, after.as_ref(), PAGE).await?;
            let full = page.len() == PAGE;
            all.extend(page);
            if !full {
                return Ok(all);
            }
        }
    }
}
