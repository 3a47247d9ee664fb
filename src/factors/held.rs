//! What a person has enrolled, held still while something is added to it or all of it is taken away.

use super::evidence::{FactorKind, Occasion};
use super::passkeys::store::{EnrolledKeys, keys_key, keys_of, owner_key};
use super::store::{TotpCredentials, totp_credentials, totp_key};
use super::token_store::take_back;
use super::{FactorError, Placement};
use crate::audit::{Action, Outcome, Trail};
use crate::foundation::ids::{CredentialId, UserId};
use crate::limits::AuthenticatorLockout;
use crate::pages::mails::Notice;
use crate::storage::{Batch, Key, Record, SharedStore, StorageError, Stored};
use crate::users::notices::Notices;

/// The authenticator apps, hardware tokens and keys of one person.
#[derive(Debug)]
pub(super) struct Held {
    user: UserId,
    pub apps: TotpCredentials,
    pub keys: EnrolledKeys,
}

/// A factor that a person has no more.
#[derive(Debug)]
pub struct Gone {
    /// Its kind.
    pub kind: FactorKind,
    /// Which one.
    pub credential: CredentialId,
    /// The serial number, where it was a hardware token.
    pub token: Option<String>,
}

/// Reads them, on condition in `batch` that none of them changes.
pub(super) async fn hold(
    store: &SharedStore,
    batch: &mut Batch,
    user: &UserId,
) -> Result<Held, StorageError> {
    let apps = still(batch, totp_key(user), totp_credentials(store, user).await?);
    let keys = still(batch, keys_key(user), keys_of(store, user).await?);
    Ok(Held { user: user.clone(), apps, keys })
}

fn still<T: Record + Default>(batch: &mut Batch, key: Key, found: Option<Stored<T>>) -> T {
    match found {
        Some(stored) => {
            batch.require_revision(key, stored.revision);
            stored.value
        }
        None => {
            batch.require_absent(key);
            T::default()
        }
    }
}

impl Held {
    /// Takes all of it away in `batch`, and the failures counted against it; answers which ones went. Hardware tokens go back, and
    /// remember where they stood.
    pub async fn take(&mut self, store: &SharedStore, batch: &mut Batch) -> Result<Vec<Gone>, StorageError> {
        let mut gone = Vec::new();
        for app in std::mem::take(&mut self.apps.list) {
            take_back(store, batch, &app).await?;
            gone.push(Gone { kind: FactorKind::Totp, credential: app.id, token: app.token });
        }
        for key in std::mem::take(&mut self.keys.list) {
            batch.delete(owner_key(&key.credential.cred_id));
            gone.push(Gone { kind: FactorKind::Passkey, credential: key.id, token: None });
        }
        for Gone { credential, .. } in &gone {
            AuthenticatorLockout::succeeded(credential, batch);
        }
        batch.delete(totp_key(&self.user)).delete(keys_key(&self.user));
        Ok(gone)
    }

    /// Makes room for a further one, as `placement` says.
    pub async fn make_room(
        &mut self,
        (placement, occasion): (Placement, &Occasion),
        batch: &mut Batch,
        store: &SharedStore,
        trail: &Trail,
        notices: &Notices,
    ) -> Result<(), FactorError> {
        match placement {
            Placement::Beside => return Ok(()),
            Placement::First if self.apps.list.is_empty() && self.keys.list.is_empty() => return Ok(()),
            Placement::First => return Err(FactorError::Conflict),
            Placement::InPlaceOfAll => {}
        }
        let gone = self.take(store, batch).await?;
        for Gone { kind, credential, token } in &gone {
            let event = trail.event(Action::FactorRemoved, Outcome::Success, &occasion.origin);
            let event = event.about(&occasion.user).credential(credential).token(token.as_deref());
            event.because(kind.word()).write(batch);
        }
        for notice in told(&gone) {
            notices.tell(batch, &occasion.user, notice, &occasion.origin).await?;
        }
        Ok(())
    }
}

/// What a person is told of factors that are gone.
pub fn told(gone: &[Gone]) -> Vec<Notice> {
    let count = |sought| gone.iter().filter(|gone| gone.kind == sought).count();
    let (apps, keys) = (count(FactorKind::Totp), count(FactorKind::Passkey));
    let apps = (apps > 0).then_some(Notice::FactorRemoved { count: apps });
    let keys = (keys > 0).then_some(Notice::PasskeysRemoved { count: keys });
    apps.into_iter().chain(keys).collect()
}
