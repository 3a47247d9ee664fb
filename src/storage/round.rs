//! One round of the writer: what its batches touch, judged in commit order, and the rows that come of it. No I/O but loading.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::engine::{Engine, Row, Space};
use super::{
    Batch, Key, Outcome, Precondition, Raw, Revision, StorageError, Write, envelope, expiry, upgrade,
};
use crate::foundation::Timestamp;

/// The index row of a record that is deleted before its end is left to the sweep only if that end comes soon: else, of records
/// that come and go under ever new ends, rows would heap up.
const SOON: Duration = Duration::from_secs(60 * 60);

/// A record as the store holds it, and as this round will leave it.
#[derive(Debug)]
struct Slot {
    before: Option<Raw>,
    after: Option<Raw>,
    changed: bool,
    /// The sweep has taken an index row of it away.
    asked_for: bool,
}

/// The state of a round: the store's records that it touches, with the writes so far laid over them.
#[derive(Debug)]
pub(super) struct Round {
    now: Timestamp,
    revision: Revision,
    // A damaged record is kept as its complaint, so that only the batches that touch it fail.
    slots: BTreeMap<Key, Result<Slot, String>>,
    swept: BTreeSet<Vec<u8>>,
    written: bool,
}

impl Round {
    /// Loads all `keys` in one consistent view.
    pub(super) fn load(
        engine: &dyn Engine,
        keys: BTreeSet<Key>,
        revision: Revision,
        now: Timestamp,
    ) -> Result<Self, StorageError> {
        let bytes: Vec<&[u8]> = keys.iter().map(Key::as_bytes).collect();
        let found = engine.get(Space::Data, &bytes)?;
        let slots = keys.iter().cloned().zip(found).map(|(key, found)| {
            let slot = Slot::read(&key, found);
            (key, slot)
        });
        Ok(Self { now, revision, slots: slots.collect(), swept: BTreeSet::new(), written: false })
    }

    /// Judges a batch against the store and this round's writes; lays its own over them if all conditions hold.
    pub(super) fn judge(&mut self, batch: &Batch) -> Result<Outcome, StorageError> {
        for (place, precondition) in batch.preconditions.iter().enumerate() {
            if !self.holds(precondition)? {
                return Ok(Outcome::Refused(place));
            }
        }
        if batch.writes.is_empty() {
            return Ok(Outcome::Done(self.revision));
        }
        let staged = self.stage(batch)?;
        self.revision += 1;
        self.written = true;
        for (key, after) in staged {
            self.lay(&key, after);
        }
        Ok(Outcome::Done(self.revision))
    }

    /// Takes these index rows away, and the records that have ended by `now`; answers how many rows.
    pub(super) fn sweep(&mut self, due: &[(Timestamp, Key)], now: Timestamp) -> usize {
        for (end, key) in due {
            self.swept.insert(expiry::row(*end, key));
            // A damaged record stays for the full check to find; no sweep will ever remove it.
            let Some(Ok(slot)) = self.slots.get_mut(key) else {
                continue;
            };
            slot.asked_for = true;
            if slot.after.as_ref().is_some_and(|raw| expiry::is_over(raw.expires, now)) {
                self.lay(key, None);
            }
        }
        due.len()
    }

    /// The rows to apply, and the highest revision given out. Nothing to apply means nothing was written.
    pub(super) fn finish(self) -> (Vec<Row>, Revision) {
        let gone = |key| Row { space: Space::Expiry, key, value: None };
        let mut rows: Vec<Row> = self.swept.into_iter().map(gone).collect();
        for (key, slot) in self.slots {
            if let Ok(slot) = slot {
                slot.rows(&key, self.now, &mut rows);
            }
        }
        if self.written {
            rows.push(upgrade::revision_row(self.revision));
        }
        (rows, self.revision)
    }

    fn holds(&self, precondition: &Precondition) -> Result<bool, StorageError> {
        let found = self.live(precondition.key())?;
        Ok(match precondition {
            Precondition::Absent(_) => found.is_none(),
            Precondition::Present(_) => found.is_some(),
            Precondition::AtRevision(_, revision) => found.is_some_and(|raw| raw.revision == *revision),
            Precondition::CounterBelow(_, bound) => found.map_or(Ok(0), Raw::counter)? < *bound,
        })
    }

    fn stage(&self, batch: &Batch) -> Result<BTreeMap<Key, Option<Raw>>, StorageError> {
        let revision = self.revision + 1;
        let mut staged: BTreeMap<Key, Option<Raw>> = BTreeMap::new();
        for write in &batch.writes {
            let key = write.key();
            let stored = self.live(key)?;
            let current = staged.get(key).map_or(stored, |raw| raw.as_ref().filter(|raw| self.is_live(raw)));
            let next = apply(write, current, revision)?;
            staged.insert(key.clone(), next);
        }
        Ok(staged)
    }

    fn live(&self, key: &Key) -> Result<Option<&Raw>, StorageError> {
        match self.slots.get(key) {
            Some(Ok(slot)) => Ok(slot.after.as_ref().filter(|raw| self.is_live(raw))),
            Some(Err(complaint)) => Err(StorageError::Corrupt(complaint.clone())),
            None => Err(StorageError::Failed(format!("the writer did not load {key}"))),
        }
    }

    fn is_live(&self, raw: &Raw) -> bool {
        !expiry::is_over(raw.expires, self.now)
    }

    fn lay(&mut self, key: &Key, after: Option<Raw>) {
        if let Some(Ok(slot)) = self.slots.get_mut(key) {
            slot.after = after;
            slot.changed = true;
        }
    }
}

impl Slot {
    fn read(key: &Key, found: Option<Vec<u8>>) -> Result<Self, String> {
        let before = found.map(|bytes| envelope::decode_owned(key, bytes)).transpose();
        let before = before.map_err(|error| match error {
            StorageError::Corrupt(complaint) => complaint,
            other => other.to_string(),
        })?;
        Ok(Self { after: before.clone(), before, changed: false, asked_for: false })
    }

    fn rows(self, key: &Key, now: Timestamp, rows: &mut Vec<Row>) {
        if let (Some(end), None) = (self.before.as_ref().and_then(|raw| raw.expires), &self.after)
            && self.changed
            && end.since(now) > SOON
        {
            rows.push(Row { space: Space::Expiry, key: expiry::row(end, key), value: None });
        }
        let stood = self.before.is_some();
        let asked_at = self.before.and_then(|raw| raw.expires).filter(|_| !self.asked_for);
        if let Some(end) = self.after.as_ref().and_then(|raw| raw.expires)
            && asked_at.is_none_or(|at| at > end)
        {
            rows.push(Row { space: Space::Expiry, key: expiry::row(end, key), value: Some(Vec::new()) });
        }
        if self.changed && (stood || self.after.is_some()) {
            let value = self.after.map(|raw| envelope::encode(key, &raw));
            rows.push(Row { space: Space::Data, key: key.as_bytes().to_vec(), value });
        }
    }
}

fn apply(write: &Write, current: Option<&Raw>, revision: Revision) -> Result<Option<Raw>, StorageError> {
    Ok(match write {
        Write::Put { json, expires, .. } => Some(Raw { json: json.clone(), revision, expires: *expires }),
        Write::Delete(_) => None,
        Write::Add { amount, expires, .. } => {
            let sum = current.map_or(Ok(0), Raw::counter)?.saturating_add_signed(*amount);
            Some(Raw { json: sum.to_string().into_bytes(), revision, expires: *expires })
        }
    })
}
