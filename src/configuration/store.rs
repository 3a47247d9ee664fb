//! Generations in the store: loaded whole, written beside the current one, switched to, cleared away.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::error::Refused;
use super::state::{ALL, SETTINGS, State, StoredSettings, StoredTexts, TEXTS};
use super::{Configuration, Parts};
use crate::clients::{self, Client};
use crate::config::LiveSettings;
use crate::storage::generation::{self, Current, current_key, numeral};
use crate::storage::{Batch, Generation, Key, Record, Revision, StorageError, limits};
use crate::users::{Group, group};

/// A generation that was replaced is cleared away after so long: no request that began with it is still under way.
const REPLACED_KEPT: std::time::Duration = std::time::Duration::from_secs(10 * 60);
/// Records written or cleared in one commit, besides its conditions.
const AT_ONCE: usize = 900;

/// The highest number that was given to a generation, whatever became of it.
#[derive(Debug, Serialize, Deserialize)]
struct Newest {
    generation: u64,
}

impl Record for Newest {}

fn newest_key() -> Key {
    Key::new("configuration", &["newest"])
}

/// The right to write one generation: until somebody else takes a number.
#[derive(Debug)]
pub struct Taken {
    pub number: u64,
    revision: Revision,
}

impl Taken {
    /// Adds to `batch` that nobody has taken a number since.
    pub fn hold(&self, batch: &mut Batch) {
        batch.require_revision(newest_key(), self.revision);
    }
}

impl Configuration {
    /// The settings that count now, read anew if another generation does; a request is answered under them.
    pub async fn refresh(&self) -> Result<Arc<LiveSettings>, StorageError> {
        let live = &self.parts.live;
        let current = self.generations.current().await?;
        let known = live.latest();
        if current.number() == known.generation {
            return Ok(known);
        }
        let settings = Arc::new(self.settings(current).await?);
        live.replace(Arc::clone(&settings));
        Ok(settings)
    }

    /// The settings of `current`, or of the one that has replaced it meanwhile.
    async fn settings(&self, mut current: Generation) -> Result<LiveSettings, StorageError> {
        loop {
            if current.number() == 0 {
                return Ok(LiveSettings::clone(&self.at_start));
            }
            let stored = self.parts.store.fetch::<StoredSettings>(&current.key(SETTINGS, ALL)).await?;
            let mut texts = std::collections::BTreeMap::new();
            for (key, raw) in self.generations.all(&current, TEXTS).await? {
                texts.insert(key.last_part(), raw.decode::<StoredTexts>()?.value.0);
            }
            let now = self.generations.current().await?;
            match stored {
                Some(stored) if now.number() == current.number() => {
                    let Parts { sealing, mail_ca_file, .. } = &self.parts;
                    return stored.value.live(current.number(), texts, sealing, mail_ca_file.clone());
                }
                None if now.number() == current.number() => {
                    return Err(StorageError::Corrupt("the configuration has lost its settings".to_owned()));
                }
                _ => current = now,
            }
        }
    }

    /// All of the generation that counts, from one view of it.
    pub(super) async fn load(&self) -> Result<(Generation, State), StorageError> {
        loop {
            let current = self.generations.current().await?;
            let settings = self.settings(current).await?;
            let groups = self.generations.all(&current, group::KIND).await?;
            let clients = self.generations.all(&current, clients::store::KIND).await?;
            if self.generations.current().await? != current {
                continue;
            }
            let groups =
                groups.into_iter().map(|(key, raw)| Ok((key.last_part(), raw.decode::<Group>()?.value)));
            let clients =
                clients.into_iter().map(|(_, raw)| raw.decode::<Client>().map(|stored| stored.value));
            let clients = clients.map(|client| client.map(|client| (client.id.clone(), client)));
            let state = State {
                settings,
                groups: groups.collect::<Result<_, StorageError>>()?,
                clients: clients.collect::<Result<_, StorageError>>()?,
            };
            return Ok((current, state));
        }
    }

    /// Takes the number of the next generation, if `current` still counts. Whoever took one before can write no more, so it
    /// counts until the one who took it switches or somebody else takes another.
    pub(super) async fn take_number(&self, current: &Generation) -> Result<Taken, Refused> {
        let store = &self.parts.store;
        let newest = store.fetch::<Newest>(&newest_key()).await?;
        let highest = newest.as_ref().map_or(0, |newest| newest.value.generation).max(current.number());
        let number = highest.checked_add(1).ok_or(Refused::Changed)?;
        let mut batch = Batch::new();
        current.hold(&mut batch);
        match newest {
            Some(newest) => batch.require_revision(newest_key(), newest.revision),
            None => batch.require_absent(newest_key()),
        };
        batch.put(newest_key(), &Newest { generation: number }, None);
        match store.commit(batch).await? {
            crate::storage::Outcome::Done(revision) => Ok(Taken { number, revision }),
            crate::storage::Outcome::Refused(_) => Err(Refused::Changed),
        }
    }

    /// Writes `state` as the generation that was taken. Nobody reads it yet.
    pub(super) async fn write(&self, taken: &Taken, state: &State) -> Result<(), Refused> {
        let mut batch = Batch::new();
        let (mut records, mut bytes) = (0, 0);
        for record in state.records(taken.number, &self.parts.sealing)? {
            let more = record.bytes();
            if records == AT_ONCE || bytes + more > limits::BATCH_BYTES / 2 {
                self.commit_held(taken, std::mem::take(&mut batch)).await?;
                (records, bytes) = (0, 0);
            }
            batch.append(record);
            (records, bytes) = (records + 1, bytes + more);
        }
        self.commit_held(taken, batch).await
    }

    async fn commit_held(&self, taken: &Taken, mut batch: Batch) -> Result<(), Refused> {
        taken.hold(&mut batch);
        let outcome = self.parts.store.commit(batch).await?;
        if outcome.is_done() { Ok(()) } else { Err(Refused::Changed) }
    }

    /// The generation that was taken counts from now on, all of it, if `replaced` does until then; `with` says what else
    /// must hold, and tells of it.
    pub(super) async fn switch(
        &self,
        taken: &Taken,
        replaced: &Generation,
        with: Batch,
    ) -> Result<(), Refused> {
        let mut batch = Batch::new();
        replaced.hold(&mut batch);
        let current = Current { generation: taken.number, since: Some(self.parts.clock.now()) };
        batch.put(current_key(), &current, None).append(with);
        self.commit_held(taken, batch).await
    }

    /// Clears every generation away but `current`.
    pub(super) async fn clear_all_but(&self, current: &Generation, taken: &Taken) -> Result<(), Refused> {
        for number in self.numbers().await?.into_iter().filter(|number| *number != current.number()) {
            if number != taken.number {
                self.clear(number, Some(taken)).await?;
            }
        }
        Ok(())
    }

    /// Clears away what a killed apply left over, or what was replaced before this start.
    pub(super) async fn clear_left_over(&self) -> Result<(), Refused> {
        let current = self.generations.current().await?;
        if self.numbers().await?.iter().all(|number| *number == current.number()) {
            return Ok(());
        }
        let taken = self.take_number(&current).await?;
        self.clear_all_but(&current, &taken).await
    }

    /// Clears away generations that were replaced some time ago.
    pub async fn clear_replaced(&self) -> Result<(), Refused> {
        let current = self.generations.current().await?;
        let before = self.parts.clock.now();
        if current.current.since.is_none_or(|since| before.since(since) < REPLACED_KEPT) {
            return Ok(());
        }
        for number in self.numbers().await?.into_iter().filter(|number| *number < current.number()) {
            self.clear(number, None).await?;
        }
        Ok(())
    }

    /// The numbers of which anything is in the store, without the current one while it is 0.
    async fn numbers(&self) -> Result<Vec<u64>, StorageError> {
        let store = &self.parts.store;
        let mut numbers = Vec::new();
        if self.generations.current().await?.number() > 0 {
            for kind in [group::KIND, clients::store::KIND] {
                if !store.scan(&generation::prefix(0, kind), None, 1).await?.is_empty() {
                    numbers = vec![0];
                }
            }
        }
        let all = Key::prefix("generation", &[]);
        let mut after: Option<Key> = None;
        while let Some((key, _)) = store.scan(&all, after.as_ref(), 1).await?.into_iter().next() {
            let text = String::from_utf8_lossy(key.as_bytes()).into_owned();
            let number = text.split('/').nth(1).and_then(|number| number.parse::<u64>().ok());
            let number = number.ok_or_else(|| StorageError::Corrupt(format!("{key} is no generation's")))?;
            numbers.push(number);
            // Behind all of this one, before all of the next.
            after = Some(Key::new("generation", &[&numeral(number.saturating_add(1))]));
        }
        Ok(numbers)
    }

    async fn clear(&self, number: u64, taken: Option<&Taken>) -> Result<(), Refused> {
        let store = &self.parts.store;
        let prefixes = match number {
            0 => [group::KIND, clients::store::KIND].map(|kind| generation::prefix(0, kind)).to_vec(),
            _ => vec![Key::prefix("generation", &[&numeral(number)])],
        };
        for prefix in prefixes {
            loop {
                let page = store.scan(&prefix, None, AT_ONCE).await?;
                if page.is_empty() {
                    break;
                }
                let mut batch = Batch::new();
                for (key, _) in page {
                    batch.delete(key);
                }
                if let Some(taken) = taken {
                    taken.hold(&mut batch);
                }
                if !store.commit(batch).await?.is_done() {
                    return Err(Refused::Changed);
                }
            }
        }
        Ok(())
    }
}
