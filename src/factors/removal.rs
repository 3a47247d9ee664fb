//! All that a person has enrolled, taken away at once: by an administrator, or because the person is deleted.

use super::FactorKind;
use super::held::hold;
use super::passkeys::store::offered_key;
use super::recovery_codes;
use crate::foundation::ids::UserId;
use crate::limits::AuthenticatorLockout;
use crate::storage::{Batch, SharedStore, StorageError};

pub use super::held::{Gone, told};

/// Adds to `batch` that no second factor of `user` is left, nor recovery codes, nor failures counted against them, on condition
/// that none was used or came meanwhile; answers which ones went. Hardware tokens go back, and remember where they stood. Whether
/// that may be, and the event, is the caller's.
pub async fn remove_all(
    store: &SharedStore,
    batch: &mut Batch,
    user: &UserId,
) -> Result<Vec<Gone>, StorageError> {
    let mut gone = hold(store, batch, user).await?.take(store, batch).await?;
    if let Some(credential) = recovery_codes::set_of(store, user).await? {
        AuthenticatorLockout::succeeded(&credential, batch);
        gone.push(Gone { kind: FactorKind::RecoveryCode, credential, token: None });
    }
    batch.delete(recovery_codes::key(user)).delete(offered_key(user));
    Ok(gone)
}
