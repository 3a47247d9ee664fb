//! A batch as data: conditions and writes that stand or fall together.

use super::{Key, Raw, Record, Revision};
use crate::foundation::Timestamp;

/// What must hold for a batch to be written. Counters are judged in commit order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// Nothing (or only something expired) stands there.
    Absent(Key),
    /// A live record stands there.
    Present(Key),
    /// The live record there was last written by this revision.
    AtRevision(Key, Revision),
    /// The counter there is below this number; an absent one counts 0.
    CounterBelow(Key, u64),
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Sets a record: its JSON and, if it has one, its end.
    Put {
        /// Where.
        key: Key,
        /// What.
        json: Vec<u8>,
        /// From when on it counts as absent.
        expires: Option<Timestamp>,
    },
    /// Removes a record; removing an absent one is no fault.
    Delete(Key),
    /// Adds to a counter (never below 0) and sets its end anew.
    Add {
        /// Which.
        key: Key,
        /// How much; may be negative.
        amount: i64,
        /// From when on it counts 0.
        expires: Option<Timestamp>,
    },
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Written and durable, at this revision.
    Done(Revision),
    /// Not written: the precondition at this place did not hold.
    Refused(usize),
}

impl Outcome {
    /// Whether the batch was written.
    pub fn is_done(self) -> bool {
        matches!(self, Self::Done(_))
    }
}

/// Conditions and writes under construction. Limits: 1,000 operations, 4 MiB, 64 KiB a value (checked at commit).
#[derive(Debug, Clone, Default)]
pub struct Batch {
    pub(super) preconditions: Vec<Precondition>,
    pub(super) writes: Vec<Write>,
    pub(super) fault: Option<String>,
}

impl Batch {
    /// An empty batch: committing it does nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Demands that nothing stands at `key`.
    pub fn require_absent(&mut self, key: Key) -> &mut Self {
        self.preconditions.push(Precondition::Absent(key));
        self
    }

    /// Demands that a live record stands at `key`.
    pub fn require_present(&mut self, key: Key) -> &mut Self {
        self.preconditions.push(Precondition::Present(key));
        self
    }

    /// Demands that the record at `key` has not changed since it was read.
    pub fn require_revision(&mut self, key: Key, revision: Revision) -> &mut Self {
        self.preconditions.push(Precondition::AtRevision(key, revision));
        self
    }

    /// Demands that the counter at `key` is below `bound`.
    pub fn require_counter_below(&mut self, key: Key, bound: u64) -> &mut Self {
        self.preconditions.push(Precondition::CounterBelow(key, bound));
        self
    }

    /// Sets the record at `key`, to vanish at `expires`.
    pub fn put<T: Record>(&mut self, key: Key, record: &T, expires: Option<Timestamp>) -> &mut Self {
        match super::record::to_json(record) {
            Ok(json) => self.writes.push(Write::Put { key, json, expires }),
            Err(error) => self.fault = Some(format!("{key}: {error}")),
        }
        self
    }

    /// Sets the record at `key` to one that was written as JSON before; its revision is the store's to give.
    pub fn put_raw(&mut self, key: Key, record: Raw) -> &mut Self {
        self.writes.push(Write::Put { key, json: record.json, expires: record.expires });
        self
    }

    /// Removes the record at `key`.
    pub fn delete(&mut self, key: Key) -> &mut Self {
        self.writes.push(Write::Delete(key));
        self
    }

    /// Adds `amount` to the counter at `key`, which then vanishes at `expires`.
    pub fn add(&mut self, key: Key, amount: i64, expires: Option<Timestamp>) -> &mut Self {
        self.writes.push(Write::Add { key, amount, expires });
        self
    }

    /// Appends all of `other`, conditions and writes.
    pub fn append(&mut self, other: Batch) -> &mut Self {
        self.preconditions.extend(other.preconditions);
        self.writes.extend(other.writes);
        self.fault = self.fault.take().or(other.fault);
        self
    }

    /// Makes its commit fail: something that belongs to it could not be made, which is a fault of ours.
    pub fn spoil(&mut self, why: impl std::fmt::Display) -> &mut Self {
        self.fault = Some(why.to_string());
        self
    }

    /// Whether it sets a record whose key begins with `prefix`.
    pub fn puts_under(&self, prefix: &Key) -> bool {
        let under = |key: &Key| key.as_bytes().starts_with(prefix.as_bytes());
        self.writes.iter().any(|write| matches!(write, Write::Put { key, .. } if under(key)))
    }

    /// How many conditions it holds so far: the place of the next one, as [`Outcome::Refused`] counts.
    pub fn conditions(&self) -> usize {
        self.preconditions.len()
    }

    /// How many bytes it holds so far, keys and values.
    pub fn bytes(&self) -> usize {
        super::limits::bytes(self)
    }

    /// Whether it would neither demand nor change anything.
    pub fn is_empty(&self) -> bool {
        self.preconditions.is_empty() && self.writes.is_empty() && self.fault.is_none()
    }
}
