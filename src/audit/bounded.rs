//! Events that strangers can cause at will, without a change and without a limit that counts them: so many a minute from one
//! address class, and so many from all, each followed by one that stands for the rest (R-ST-07, outcome code `P400`). What
//! is left out is counted, and told once a minute.

use std::sync::atomic::Ordering;

use super::event::{Action, Actor, Origin, Outcome};
use super::trail::{Draft, Trail};
use crate::foundation::{AddressClass, Timestamp};
use crate::storage::{Batch, Key, Outcome as Written, SharedStore, StorageError};

/// Events of one action from one address class in one minute.
pub const A_MINUTE: u64 = 20;
/// The same from all addresses, of all actions.
pub const A_MINUTE_IN_ALL: u64 = 100;
/// The reason of the event that stands for the rest of one address class.
pub const MORE: &str = "more_than_20_a_minute";

const MINUTE: i64 = 60_000;

impl Draft<'_> {
    /// Writes the event in a commit of its own, if neither its address class nor everybody has had enough of it in this
    /// minute. The next of a class is written without person or application, because of [`MORE`]; those after it are counted.
    pub async fn write_bounded(self, store: &SharedStore) -> Result<(), StorageError> {
        let (trail, event) = (self.trail, &self.event);
        let rest = trail.event(event.action, event.outcome, &event.origin).because(MORE);
        if self.write_below(A_MINUTE, store).await? || rest.write_below(A_MINUTE + 1, store).await? {
            return Ok(());
        }
        trail.untold.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn write_below(self, bound: u64, store: &SharedStore) -> Result<bool, StorageError> {
        let (own, all, end) = self.counters();
        let mut batch = Batch::new();
        batch.require_counter_below(own.clone(), bound).add(own, 1, Some(end));
        batch.require_counter_below(all.clone(), A_MINUTE_IN_ALL).add(all, 1, Some(end));
        self.write(&mut batch);
        Ok(store.commit(batch).await?.is_done())
    }

    fn counters(&self) -> (Key, Key, Timestamp) {
        let class = AddressClass::of(self.event.origin.address);
        let minute = self.event.at.0.div_euclid(MINUTE);
        let action = format!("{:?}", self.event.action);
        let key = |who: &[&str]| Key::new("audit", &[&["bounded"], who, &[&minute.to_string()]].concat());
        let end = Timestamp(minute.saturating_add(1).saturating_mul(MINUTE));
        (key(&[&action, class.as_str()]), key(&["all"]), end)
    }
}

impl Trail {
    /// Writes how many events were left out since the last time, if any were. To be called once a minute, and at the end.
    pub async fn tell_left_out(&self, store: &SharedStore) -> Result<(), StorageError> {
        let count = self.untold.swap(0, Ordering::Relaxed);
        if count == 0 {
            return Ok(());
        }
        let mut batch = Batch::new();
        let event = self.event(Action::LeftOut, Outcome::Failure, &Origin::default());
        event.by(Actor::System).because("too_many_a_minute").count(count).write(&mut batch);
        let written = store.commit(batch).await;
        if !matches!(written, Ok(Written::Done(_))) {
            self.untold.fetch_add(count, Ordering::Relaxed);
        }
        written.map(|_| ())
    }
}
