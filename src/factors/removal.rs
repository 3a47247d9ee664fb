//! All that a person has enrolled, taken away at once: by an administrator, or because the person is deleted.

use super::FactorKind;
use super::held::hold;
use super::recovery_codes;
use crate::foundation::ids::{CredentialId, UserId};
use crate::limits::AuthenticatorLockout;
use crate::storage::{Batch, SharedStore, StorageError};

pub use super::held::told;

/// Adds to `batch` that no second factor of `user` is left, nor recovery codes, nor failures counted against them; answers
/// which ones went. Whether that may be, and the event, is the caller's.
pub async fn remove_all(
    store: &SharedStore,
    batch: &mut Batch,
    user: &UserId,
) -> Result<Vec<(FactorKind, CredentialId)>, StorageError> {
    let mut gone = hold(store, batch, user).await?.take(batch);
    if let Some(set) = recovery_codes::set_of(store, user).await? {
        AuthenticatorLockout::succeeded(&set, batch);
        gone.push((FactorKind::RecoveryCode, set));
    }
    batch.delete(recovery_codes::key(user));
    Ok(gone)
}
