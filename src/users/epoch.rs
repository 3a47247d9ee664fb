//! A person's epoch, a number in the person's record: it rises whenever what the person proved before loses its worth
//! (password or factor changed, a new invitation). Sessions and journeys remember the epoch of their proofs and end with it,
//! however many there are and wherever they stand (R-SE-05, R-AZ-17).

use serde::{Deserialize, Serialize};

use super::User;
use super::store::user_key;
use crate::foundation::ids::UserId;
use crate::storage::{Batch, SharedStore, StorageError, Stored};

/// The number of an epoch; 0 for a person of whom nothing was ever changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(u64);

impl Epoch {
    /// The one that follows.
    pub(crate) fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// The epoch as it was read, to be demanded or ended in a commit.
#[derive(Debug, Clone)]
pub struct PresentEpoch {
    /// Its number.
    pub number: Epoch,
    read: Option<Stored<User>>,
}

/// The present epoch of `user`; the first one where there is no such person (yet).
pub async fn present(store: &SharedStore, user: &UserId) -> Result<PresentEpoch, StorageError> {
    let read = store.fetch::<User>(&user_key(user)).await?;
    Ok(PresentEpoch { number: read.as_ref().map_or(Epoch(0), |read| read.value.epoch), read })
}

impl PresentEpoch {
    /// The person's record it was read from.
    pub fn user(&self) -> Option<&User> {
        self.read.as_ref().map(|read| &read.value)
    }

    /// Adds to `batch` the condition that the person's record has not changed since the epoch was read.
    pub fn require(&self, batch: &mut Batch) {
        if let Some(read) = &self.read {
            batch.require_revision(user_key(&read.value.id), read.revision);
        }
    }

    /// Adds to `batch` the end of this epoch, if it is still the present one; answers the next.
    pub fn end(&self, batch: &mut Batch) -> Epoch {
        let Some(read) = &self.read else { return self.number };
        let next = self.number.next();
        self.require(batch);
        batch.put(user_key(&read.value.id), &User { epoch: next, ..read.value.clone() }, None);
        next
    }
}
