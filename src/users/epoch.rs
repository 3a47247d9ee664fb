//! A person's epoch: it rises whenever what the person proved before loses its worth (password, factor or standing changed,
//! a new invitation). Sessions and journeys remember the epoch of their proofs and end with it, however many there are and
//! wherever they stand (R-SE-05, R-AZ-17).

use serde::{Deserialize, Serialize};

use crate::foundation::ids::UserId;
use crate::storage::{Batch, Key, Record, SharedStore, StorageError};

/// The number of an epoch; 0 for a person of whom nothing was ever changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(u64);

#[derive(Debug, Serialize, Deserialize)]
struct UserEpoch {
    number: Epoch,
}

impl Record for UserEpoch {}

/// The epoch as it was read, to be demanded or ended in a commit.
#[derive(Debug, Clone)]
pub struct PresentEpoch {
    /// Its number.
    pub number: Epoch,
    key: Key,
    revision: Option<u64>,
}

/// The present epoch of `user`.
pub async fn present(store: &SharedStore, user: &UserId) -> Result<PresentEpoch, StorageError> {
    let key = Key::new("user_epoch", &[user.as_str()]);
    let read = store.fetch::<UserEpoch>(&key).await?;
    let number = read.as_ref().map_or(Epoch(0), |read| read.value.number);
    Ok(PresentEpoch { number, key, revision: read.map(|read| read.revision) })
}

impl PresentEpoch {
    /// Adds to `batch` the condition that the epoch has not changed since it was read.
    pub fn require(&self, batch: &mut Batch) {
        match self.revision {
            Some(revision) => batch.require_revision(self.key.clone(), revision),
            None => batch.require_absent(self.key.clone()),
        };
    }

    /// Adds to `batch` the end of this epoch, if it is still the present one; answers the next.
    pub fn end(&self, batch: &mut Batch) -> Epoch {
        let next = Epoch(self.number.0.saturating_add(1));
        self.require(batch);
        batch.put(self.key.clone(), &UserEpoch { number: next }, None);
        next
    }
}
