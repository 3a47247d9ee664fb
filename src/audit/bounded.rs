//! Events that strangers can cause at will: twenty a minute for each action and address class, then one that stands for
//! the rest of that minute, so that nobody fills the trail (R-ST-07, outcome code `P400`).

use super::trail::Draft;
use crate::foundation::{AddressClass, Timestamp};
use crate::storage::{Batch, Key, SharedStore, StorageError};

/// Events of one action from one address class in one minute.
pub const A_MINUTE: u64 = 20;
/// The reason of the event that stands for the rest.
pub const MORE: &str = "more_than_20_a_minute";

const MINUTE: i64 = 60_000;

impl Draft<'_> {
    /// Writes the event in a commit of its own, if its address class has not had [`A_MINUTE`] of its action in this
    /// minute. The next is written without person or application, because of [`MORE`]; those after it not at all.
    pub async fn write_bounded(self, store: &SharedStore) -> Result<(), StorageError> {
        let event = &self.event;
        let rest = self.trail.event(event.action, event.outcome, &event.origin);
        let rest = rest.because(MORE);
        if self.write_below(A_MINUTE, store).await? {
            return Ok(());
        }
        rest.write_below(A_MINUTE + 1, store).await.map(|_| ())
    }

    async fn write_below(self, bound: u64, store: &SharedStore) -> Result<bool, StorageError> {
        let (key, end) = self.counter();
        let mut batch = Batch::new();
        batch.require_counter_below(key.clone(), bound).add(key, 1, Some(end));
        self.write(&mut batch);
        Ok(store.commit(batch).await?.is_done())
    }

    fn counter(&self) -> (Key, Timestamp) {
        let class = AddressClass::of(self.event.origin.address);
        let minute = self.event.at.0.div_euclid(MINUTE);
        let action = format!("{:?}", self.event.action);
        let key = Key::new("audit", &["bounded", &action, class.as_str(), &minute.to_string()]);
        (key, Timestamp(minute.saturating_add(1).saturating_mul(MINUTE)))
    }
}
