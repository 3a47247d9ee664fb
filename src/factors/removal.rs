//! All that a person has enrolled, taken away at once: by an administrator, or because the person is deleted.

use super::FactorKind;
use super::passkeys::management::forget;
use super::passkeys::store::{keys_key, keys_of};
use super::recovery_codes;
use super::store::{totp_credentials, totp_key};
use crate::foundation::ids::{CredentialId, UserId};
use crate::limits::AuthenticatorLockout;
use crate::storage::{Batch, SharedStore, StorageError};

/// Adds to `batch` that no second factor of `user` is left, nor recovery codes, nor failures counted against them; answers
/// which ones went. Whether that may be, and the event, is the caller's.
pub async fn remove_all(
    store: &SharedStore,
    batch: &mut Batch,
    user: &UserId,
) -> Result<Vec<(FactorKind, CredentialId)>, StorageError> {
    let apps = totp_credentials(store, user).await?.map(|stored| stored.value.list).unwrap_or_default();
    let stored = keys_of(store, user).await?;
    // A key that is enrolled at the same moment would leave its owner's record behind.
    match &stored {
        Some(stored) => batch.require_revision(keys_key(user), stored.revision),
        None => batch.require_absent(keys_key(user)),
    };
    let keys = stored.map(|stored| stored.value.list).unwrap_or_default();
    for key in &keys {
        forget(batch, key);
    }
    let mut gone: Vec<_> = apps.into_iter().map(|app| (FactorKind::Totp, app.id)).collect();
    gone.extend(keys.into_iter().map(|key| (FactorKind::Passkey, key.id)));
    gone.extend(recovery_codes::set_of(store, user).await?.map(|set| (FactorKind::RecoveryCode, set)));
    for (_, credential) in &gone {
        AuthenticatorLockout::succeeded(credential, batch);
    }
    batch.delete(totp_key(user)).delete(keys_key(user)).delete(recovery_codes::key(user));
    Ok(gone)
}
