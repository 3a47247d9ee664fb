//! Authenticator apps and hardware tokens under the names that their owner gave; names are changed, and they are removed. Whether
//! the person may (R-EN-01) is decided above.

use super::enrolment::name_of;
use super::store::{TotpCredentials, totp_credentials, totp_key};
use super::{FactorError, Occasion, TotpFactor};
use crate::audit::{Action, Actor, Outcome};
use crate::foundation::ids::CredentialId;
use crate::pages::mails::Notice;
use crate::storage::{Batch, Stored};

impl TotpFactor {
    /// Adds to `batch` another name for an app or token; answers whether the person has it.
    pub async fn rename_into(
        &self,
        batch: &mut Batch,
        occasion: &Occasion,
        which: &CredentialId,
        name: &str,
    ) -> Result<bool, FactorError> {
        let name = name_of(name)?;
        let Some(mut apps) = self.holding(occasion, which).await? else { return Ok(false) };
        for app in apps.value.list.iter_mut().filter(|app| app.id == *which) {
            app.name.clone_from(&name);
        }
        let event = self.trail.event(Action::FactorRenamed, Outcome::Success, &occasion.origin);
        let event = event.by(Actor::User(occasion.user.clone())).about(&occasion.user);
        event.credential(which).because("totp").write(batch);
        put(batch, occasion, &apps);
        Ok(true)
    }

    /// Adds to `batch` that an app or token is gone, and the failures counted against it; answers whether the person had it.
    pub async fn remove_into(
        &self,
        batch: &mut Batch,
        occasion: &Occasion,
        which: &CredentialId,
    ) -> Result<bool, FactorError> {
        let Some(mut apps) = self.holding(occasion, which).await? else { return Ok(false) };
        for app in apps.value.list.extract_if(.., |app| app.id == *which) {
            self.remove_one(occasion, &app, batch).await?;
        }
        let notice = Notice::FactorRemoved { count: 1 };
        self.notices.tell(batch, &occasion.user, notice, &occasion.origin).await?;
        put(batch, occasion, &apps);
        Ok(true)
    }

    async fn holding(
        &self,
        occasion: &Occasion,
        which: &CredentialId,
    ) -> Result<Option<Stored<TotpCredentials>>, FactorError> {
        let apps = totp_credentials(&self.store, &occasion.user).await?;
        Ok(apps.filter(|apps| apps.value.list.iter().any(|app| app.id == *which)))
    }
}

fn put(batch: &mut Batch, occasion: &Occasion, apps: &Stored<TotpCredentials>) {
    let place = totp_key(&occasion.user);
    batch.require_revision(place.clone(), apps.revision).put(place, &apps.value, None);
}
