//! For a day after a change of the mail address no one-time code goes there: whoever changed it might not be its owner
//! (R-MF-08, R-PO-01).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::foundation::Timestamp;
use crate::foundation::ids::UserId;
use crate::storage::{Batch, Key, Record, SharedStore, StorageError};

/// How long a changed address takes no codes.
pub const QUARANTINE: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug, Serialize, Deserialize)]
struct Changed {
    at: Timestamp,
}

impl Record for Changed {}

fn key(user: &UserId) -> Key {
    Key::new("mail_changed", &[user.as_str()])
}

/// Adds to `batch` that the address of `user`, or whether it is verified, changed `at` this moment.
pub(super) fn note(batch: &mut Batch, user: &UserId, at: Timestamp) {
    batch.put(key(user), &Changed { at }, Some(at.plus(QUARANTINE)));
}

/// Adds to `batch` that the address counts as unchanged: it is the one of before again.
pub fn forget(batch: &mut Batch, user: &UserId) {
    batch.delete(key(user));
}

/// When the address of `user` was changed, if that was less than a day ago.
pub async fn recent(store: &SharedStore, user: &UserId) -> Result<Option<Timestamp>, StorageError> {
    Ok(store.fetch::<Changed>(&key(user)).await?.map(|changed| changed.value.at))
}
