//! What a person has enrolled, under which names; names are changed and keys removed. Whether the person may (R-EN-01) is
//! decided above.

use std::time::Duration;

use super::Passkeys;
use super::store::{EnrolledKey, EnrolledKeys, Offered, keys_key, keys_of, offered_key, owner_key};
use crate::audit::{Action, Actor, Outcome};
use crate::factors::enrolment::name_of;
use crate::factors::{Enrolled, FactorError, FactorKind, Occasion};
use crate::foundation::ids::{CredentialId, UserId};
use crate::limits::AuthenticatorLockout;
use crate::pages::mails::Notice;
use crate::storage::{Batch, StorageError, Stored};

impl EnrolledKey {
    /// Whether it lets its owner in at `site`.
    pub(super) fn is_usable(&self, site: Option<&str>) -> bool {
        !self.locked && site == Some(self.site.as_str())
    }

    pub(super) fn shown(self, site: Option<&str>) -> Enrolled {
        Enrolled {
            usable: self.is_usable(site),
            credential: self.id,
            kind: FactorKind::Passkey,
            name: self.name,
            token: None,
            enrolled_at: self.enrolled_at,
            last_used: self.last_used,
            remaining: None,
        }
    }
}

/// So long a passkey is not offered again (section 4.6).
const OFFERED_EVERY: Duration = Duration::from_secs(14 * 24 * 60 * 60);

impl Passkeys {
    /// Adds to `batch` that a passkey is offered to `user` now; answers whether it was not offered lately.
    pub async fn offer(&self, batch: &mut Batch, user: &UserId) -> Result<bool, StorageError> {
        let key = offered_key(user);
        let lately = self.store.get_one(&key).await?.is_some();
        if !lately {
            batch.require_absent(key.clone()).put(key, &Offered, Some(self.clock.now().plus(OFFERED_EVERY)));
        }
        Ok(!lately)
    }

    /// Adds to `batch` another name for a key; answers whether the person has it.
    pub async fn rename_into(
        &self,
        batch: &mut Batch,
        occasion: &Occasion,
        which: &CredentialId,
        name: &str,
    ) -> Result<bool, FactorError> {
        let name = name_of(name)?;
        let Some(mut keys) = self.holding(occasion, which).await? else { return Ok(false) };
        for key in keys.value.list.iter_mut().filter(|key| key.id == *which) {
            key.name.clone_from(&name);
        }
        self.note(batch, Action::FactorRenamed, occasion, which);
        self.put(batch, occasion, keys);
        Ok(true)
    }

    /// Adds to `batch` that a key is gone, and the failures counted against it; answers whether the person had it.
    pub async fn remove_into(
        &self,
        batch: &mut Batch,
        occasion: &Occasion,
        which: &CredentialId,
    ) -> Result<bool, FactorError> {
        let Some(mut keys) = self.holding(occasion, which).await? else { return Ok(false) };
        for key in keys.value.list.extract_if(.., |key| key.id == *which) {
            AuthenticatorLockout::succeeded(&key.id, batch);
            batch.delete(owner_key(&key.credential.cred_id));
        }
        self.note(batch, Action::FactorRemoved, occasion, which);
        let notice = Notice::PasskeysRemoved { count: 1 };
        self.notices.tell(batch, &occasion.user, notice, &occasion.origin).await?;
        self.put(batch, occasion, keys);
        Ok(true)
    }

    async fn holding(
        &self,
        occasion: &Occasion,
        which: &CredentialId,
    ) -> Result<Option<Stored<EnrolledKeys>>, FactorError> {
        let keys = keys_of(&self.store, &occasion.user).await?;
        Ok(keys.filter(|keys| keys.value.list.iter().any(|key| key.id == *which)))
    }

    fn put(&self, batch: &mut Batch, occasion: &Occasion, keys: Stored<EnrolledKeys>) {
        let place = keys_key(&occasion.user);
        batch.require_revision(place.clone(), keys.revision).put(place, &keys.value, None);
    }

    fn note(&self, batch: &mut Batch, action: Action, occasion: &Occasion, which: &CredentialId) {
        let event = self.trail.event(action, Outcome::Success, &occasion.origin);
        let event = event.by(Actor::User(occasion.user.clone())).about(&occasion.user);
        event.credential(which).because("passkey").write(batch);
    }
}
