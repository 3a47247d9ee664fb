//! That a password was last chosen with a link from the mailbox: then a code by mail is no second factor, since both proofs are the
//! same mailbox, until another factor was proved or an administrator vouched (R-RC-07).

use serde::{Deserialize, Serialize};

use crate::foundation::Timestamp;
use crate::foundation::ids::UserId;
use crate::storage::{Batch, Key, Record, SharedStore, StorageError};

#[derive(Debug, Serialize, Deserialize)]
struct ByMail {
    at: Timestamp,
}

impl Record for ByMail {}

pub(super) fn key(user: &UserId) -> Key {
    Key::new("password_by_mail", &[user.as_str()])
}

/// Adds to `batch` that the password of `user` was chosen by mail `at` this moment.
pub fn note(batch: &mut Batch, user: &UserId, at: Timestamp) {
    batch.put(key(user), &ByMail { at }, None);
}

/// Adds to `batch` that it counts as any other: another factor was proved, or an administrator vouched.
pub fn confirm(batch: &mut Batch, user: &UserId) {
    batch.delete(key(user));
}

/// When the password of `user` was chosen by mail, if nothing has confirmed it since.
pub async fn since(store: &SharedStore, user: &UserId) -> Result<Option<Timestamp>, StorageError> {
    Ok(store.fetch::<ByMail>(&key(user)).await?.map(|by_mail| by_mail.value.at))
}
