//! Enrolling an authenticator app inside a journey: the secret counts only after one code was right, and is shown only
//! before (R-EN-03). Whether the person may enrol at all (R-EN-01, R-EN-02) is the journey's decision.

use std::sync::Arc;
use std::time::Duration;

use totp_rs::{Builder, Secret};
use zeroize::Zeroizing;

use super::evidence::{Evidence, FactorKind, Occasion};
use super::held::hold;
use super::oath::Recipe;
use super::store::{PendingTotp, TotpCredential, pending_key, place, sealed_as, totp_credentials, totp_key};
use super::totp::{self, MOST, PERIOD, SECRET_BYTES, TotpFactor};
use super::{FactorError, Verdict};
use crate::audit::{Action, Actor, Outcome};
use crate::config::Live;
use crate::foundation::clock::Timestamp;
use crate::foundation::ids::CredentialId;
use crate::foundation::secret::Hidden;
use crate::foundation::{Random, random};
use crate::limits::AuthenticatorLockout;
use crate::pages::mails::Notice;
use crate::storage::{Batch, Stored};
use crate::users::profile::Text;

/// Longest name of a factor, in characters (R-EN-06).
pub const MOST_NAME: usize = 64;
/// How long an enrolment stays open.
pub const OPEN_FOR: Duration = Duration::from_secs(30 * 60);

/// What the person needs to set up the app. Shown once more while the enrolment is open, never afterwards.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The key to type, in base32 (RFC 4648 section 6), in groups of four.
    pub key: Hidden,
    /// The `otpauth://` address for the QR code.
    pub address: Hidden,
}

/// What becomes of the second factors a person had before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// There must be none: a first one is enrolled with less proof than a further one (R-EN-01, R-EN-02).
    First,
    /// They stay.
    Beside,
    /// They are removed: the new one replaces what was lost.
    InPlaceOfAll,
}

/// Enrols authenticator apps.
#[derive(Debug, Clone)]
pub struct TotpEnrolment {
    factor: TotpFactor,
    random: Arc<dyn Random>,
    settings: Live,
}

impl TotpEnrolment {
    /// Enrols for `factor`.
    pub fn new(factor: TotpFactor, random: Arc<dyn Random>, settings: Live) -> Self {
        Self { factor, random, settings }
    }

    /// What the app shows beside the account: the organisation's name (colons are dropped, the format forbids them).
    pub fn issuer(&self) -> String {
        self.settings.now().pages.organisation.replace(':', " ")
    }

    /// Begins, or shows again what was begun in this journey by the same person. `account` is the user name.
    pub async fn begin(&self, occasion: &Occasion, account: &str) -> Result<Setup, FactorError> {
        self.begin_with(occasion, account, Placement::Beside).await
    }

    /// The same for an app that may come in place of those there are: then five of them do not stand in its way.
    pub async fn begin_with(
        &self,
        occasion: &Occasion,
        account: &str,
        placement: Placement,
    ) -> Result<Setup, FactorError> {
        if self.pending(occasion).await?.is_none() {
            self.start(occasion, placement).await?;
        }
        // Of two tabs that begin at once one makes the secret; both show the stored one.
        let pending = self.pending(occasion).await?.ok_or(FactorError::NotBegun)?.value;
        self.setup(&self.secret(occasion, &pending)?, account)
    }

    async fn start(&self, occasion: &Occasion, placement: Placement) -> Result<(), FactorError> {
        let enrolled = totp_credentials(&self.factor.store, &occasion.user).await?;
        let full = enrolled.is_some_and(|stored| stored.value.list.len() >= MOST);
        if full && placement != Placement::InPlaceOfAll {
            return Err(FactorError::TooMany(MOST));
        }
        let secret = Zeroizing::new(random::bytes::<SECRET_BYTES>(self.random.as_ref()));
        let id = CredentialId::generate(self.random.as_ref());
        let place = place(&occasion.user, &id);
        let secret = self.factor.sealing.seal(sealed_as(&place), secret.as_slice())?;
        let key = pending_key(&occasion.journey, &occasion.user);
        let expires = self.factor.clock.now().plus(OPEN_FOR);
        let mut batch = Batch::new();
        batch.require_absent(key.clone()).put(key, &PendingTotp { id, secret }, Some(expires));
        let _refused_means_begun_elsewhere = self.factor.store.commit(batch).await?;
        Ok(())
    }

    fn secret(&self, occasion: &Occasion, pending: &PendingTotp) -> Result<Zeroizing<Vec<u8>>, FactorError> {
        let place = place(&occasion.user, &pending.id);
        Ok(self.factor.sealing.open(sealed_as(&place), &pending.secret)?)
    }

    /// Activates the app if `code` is right: from then on it is a factor of the person, and this its first proof.
    pub async fn confirm(
        &self,
        occasion: &Occasion,
        code: &Hidden,
        name: &str,
    ) -> Result<Verdict, FactorError> {
        let mut batch = Batch::new();
        let verdict = self.confirm_into(&mut batch, occasion, code, name, Placement::Beside).await?;
        self.commit(batch).await?;
        Ok(verdict)
    }

    /// The same as part of the caller's commit: an accepted proof counts only once `batch` is committed.
    pub async fn confirm_into(
        &self,
        batch: &mut Batch,
        occasion: &Occasion,
        code: &Hidden,
        name: &str,
        placement: Placement,
    ) -> Result<Verdict, FactorError> {
        let name = name_of(name)?;
        let Stored { value: pending, revision, .. } =
            self.pending(occasion).await?.ok_or(FactorError::NotBegun)?;
        if let Err(blocked) = self.factor.lockout.count(&pending.id).await? {
            return Ok(blocked.into());
        }
        let totp = totp::stored_generator(&Recipe::default(), &self.secret(occasion, &pending)?)?;
        let now = self.factor.clock.now();
        let Some(step) = totp::matching_step(&totp, &totp::tidy(code.expose()), now, None) else {
            return self.factor.reject(occasion, "totp_enrolment", 0).await;
        };
        let id = pending.id.clone();
        let key = pending_key(&occasion.journey, &occasion.user);
        batch.require_revision(key.clone(), revision).delete(key);
        let credential = TotpCredential::of_app(pending.id, name, pending.secret, step, now);
        let by = Actor::User(occasion.user.clone());
        self.activate(batch, occasion, credential, placement, &by).await?;
        let evidence = Evidence::new(FactorKind::Totp, Some(id), now, occasion);
        Ok(Verdict::Accepted(Box::new(evidence)))
    }

    /// Enrols a known secret without a journey, in the caller's batch: for imports and the demo's sample people.
    /// The code that the app shows now is accepted.
    pub async fn import(
        &self,
        occasion: &Occasion,
        secret: &[u8],
        name: &str,
        mut batch: Batch,
    ) -> Result<CredentialId, FactorError> {
        if secret.len() < SECRET_BYTES {
            return Err(FactorError::Secret);
        }
        let now = self.factor.clock.now();
        let id = CredentialId::generate(self.random.as_ref());
        let sealed = self.factor.sealing.seal(sealed_as(&place(&occasion.user, &id)), secret)?;
        let last_step = totp::step(before(now));
        let credential = TotpCredential::of_app(id.clone(), name_of(name)?, sealed, last_step, now);
        let by = Actor::User(occasion.user.clone());
        self.activate(&mut batch, occasion, credential, Placement::Beside, &by).await?;
        self.commit(batch).await?;
        Ok(id)
    }

    /// Adds to `batch` that `by` made `credential` a factor of the person.
    pub(super) async fn activate(
        &self,
        batch: &mut Batch,
        occasion: &Occasion,
        credential: TotpCredential,
        placement: Placement,
        by: &Actor,
    ) -> Result<(), FactorError> {
        let mut held = hold(&self.factor.store, batch, &occasion.user).await?;
        let TotpFactor { store, trail, notices, .. } = &self.factor;
        held.make_room((placement, occasion), batch, store, trail, notices).await?;
        if held.apps.list.len() >= MOST {
            return Err(FactorError::TooMany(MOST));
        }
        AuthenticatorLockout::succeeded(&credential.id, batch);
        let event = trail.event(Action::FactorEnrolled, Outcome::Success, &occasion.origin);
        let event = event.by(by.clone()).about(&occasion.user);
        event.credential(&credential.id).token(credential.token.as_deref()).because("totp").write(batch);
        let notice = Notice::FactorAdded { factor: credential.name.clone() };
        notices.tell(batch, &occasion.user, notice, &occasion.origin).await?;
        held.apps.list.push(credential);
        batch.put(totp_key(&occasion.user), &held.apps, None);
        Ok(())
    }

    pub(super) fn factor(&self) -> &TotpFactor {
        &self.factor
    }

    pub(super) fn random(&self) -> &dyn Random {
        self.random.as_ref()
    }

    pub(super) async fn commit(&self, batch: Batch) -> Result<(), FactorError> {
        let done = self.factor.store.commit(batch).await?.is_done();
        if done { Ok(()) } else { Err(FactorError::Conflict) }
    }

    async fn pending(&self, occasion: &Occasion) -> Result<Option<Stored<PendingTotp>>, FactorError> {
        let key = pending_key(&occasion.journey, &occasion.user);
        Ok(self.factor.store.fetch(&key).await?)
    }

    fn setup(&self, secret: &[u8], account: &str) -> Result<Setup, FactorError> {
        let base32 = Zeroizing::new(Secret::from(secret.to_vec()).to_base32());
        let totp = Builder::new()
            .with_secret(secret.to_vec())
            .with_step_duration(PERIOD)
            .with_account_name(account.replace(':', " "))
            .with_issuer(Some(self.issuer()))
            .build();
        let address = totp.and_then(|totp| totp.to_url()).map_err(|_| FactorError::Name)?;
        let groups: Vec<&str> = (0..base32.len())
            .step_by(4)
            .filter_map(|at| base32.get(at..(at + 4).min(base32.len())))
            .collect();
        Ok(Setup { key: Hidden::new(groups.join(" ")), address: Hidden::new(address) })
    }
}

/// An imported app may use the code it shows now, so only earlier steps are spent.
fn before(now: Timestamp) -> Timestamp {
    now.minus(Duration::from_secs(PERIOD * 2))
}

pub(super) fn name_of(name: &str) -> Result<String, FactorError> {
    let name = name.trim();
    let fits = name.chars().count() <= MOST_NAME && Text::new(name).is_ok();
    if fits { Ok(name.to_owned()) } else { Err(FactorError::Name) }
}
