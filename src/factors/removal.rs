//! All that a person has enrolled, taken away at once: by an administrator, or because the person is deleted.

use super::FactorKind;
use super::passkeys::management::forget;
use super::passkeys::store::{keys_key, keys_of};
use super::recovery_codes;
use super::store::{totp_credentials, totp_key};
use super::token_store::take_back;
use crate::foundation::ids::{CredentialId, UserId};
use crate::limits::AuthenticatorLockout;
use crate::storage::{Batch, SharedStore, StorageError};

/// A second factor that a person has no more.
#[derive(Debug)]
pub struct Gone {
    /// Its kind.
    pub kind: FactorKind,
    /// Which one.
    pub credential: CredentialId,
    /// The serial number, where it was a hardware token.
    pub token: Option<String>,
}

/// Adds to `batch` that no second factor of `user` is left, nor recovery codes, nor failures counted against them, on condition
/// that none was used or came meanwhile; answers which ones went. Hardware tokens go back, and remember where they stood. Whether
/// that may be, and the event, is the caller's.
pub async fn remove_all(
    store: &SharedStore,
    batch: &mut Batch,
    user: &UserId,
) -> Result<Vec<Gone>, StorageError> {
    let mut gone = Vec::new();
    match totp_credentials(store, user).await? {
        Some(found) => {
            batch.require_revision(totp_key(user), found.revision).delete(totp_key(user));
            for app in found.value.list {
                take_back(store, batch, &app).await?;
                gone.push(Gone { kind: FactorKind::Totp, credential: app.id, token: app.token });
            }
        }
        None => drop(batch.require_absent(totp_key(user))),
    }
    match keys_of(store, user).await? {
        Some(found) => {
            batch.require_revision(keys_key(user), found.revision).delete(keys_key(user));
            for key in found.value.list {
                forget(batch, &key);
                gone.push(Gone { kind: FactorKind::Passkey, credential: key.id, token: None });
            }
        }
        None => drop(batch.require_absent(keys_key(user))),
    }
    if let Some(credential) = recovery_codes::set_of(store, user).await? {
        gone.push(Gone { kind: FactorKind::RecoveryCode, credential, token: None });
    }
    for Gone { credential, .. } in &gone {
        AuthenticatorLockout::succeeded(credential, batch);
    }
    batch.delete(recovery_codes::key(user));
    Ok(gone)
}
