//! One-time passwords: of authenticator apps (RFC 6238 with SHA-1, 6 digits, 30 seconds, which every app knows, R-MF-06), and of
//! hardware tokens, whose recipe may be another ([`super::oath`]).
//!
//! The number of the last accepted code is kept for each credential and must rise in the commit that accepts a code, so
//! that a code is good once, whoever else types it at the same moment.

use std::sync::Arc;

use async_trait::async_trait;
use totp_rs::{Totp, TotpError};

use super::evidence::{Evidence, FactorKind, Occasion};
use super::oath::{MOST_DIGITS, Recipe, Standing};
use super::store::{Meaning, TotpCredential, TotpCredentials, place, sealed_as, totp_credentials, totp_key};
use super::token_store::take_back;
use super::{Answer, Challenge, Enrolled, Factor, FactorError, Verdict};
use crate::audit::trail::Draft;
use crate::audit::{Action, Outcome, Trail};
use crate::foundation::clock::{Clock, Timestamp};
use crate::foundation::ids::{CredentialId, UserId};
use crate::limits::{AuthenticatorLockout, Blocked, CountedProof, Throttled};
use crate::pages::mails::Notice;
use crate::sealing::Sealing;
use crate::storage::{Batch, SharedStore, StorageError, Stored};
use crate::users::notices::Notices;

/// Seconds a code is shown.
pub const PERIOD: u64 = 30;
/// Digits of a code.
pub const DIGITS: u8 = 6;
/// Bytes of a secret: 160 bits, as RFC 4226 section 4 recommends.
pub const SECRET_BYTES: usize = 20;
/// Of so many failures in a row after a right password the person is told (R-MF-11).
pub const FAILURES_TOLD: u64 = 3;
/// Authenticator apps and hardware tokens a person may have (R-EN-06).
pub const MOST: usize = 5;

/// The generator of an app's codes for `secret`; refuses secrets below 128 bits.
pub fn generator(secret: &[u8]) -> Result<Totp, TotpError> {
    Recipe::default().generator(secret)
}

pub(super) fn stored_generator(recipe: &Recipe, secret: &[u8]) -> Result<Totp, FactorError> {
    let damaged = |error| StorageError::Corrupt(format!("a one-time password's secret: {error}"));
    Ok(recipe.generator(secret).map_err(damaged)?)
}

/// The step of `now` as apps count it (RFC 6238 section 4.2).
pub fn step(now: Timestamp) -> u64 {
    Recipe::default().present(now)
}

/// The code as its owner reads it out: spaces and hyphens between the digits are of no meaning.
pub fn tidy(code: &str) -> String {
    code.chars().filter(|c| !c.is_whitespace() && *c != '-').take(MOST_DIGITS + 1).collect()
}

/// The step within the window around `now`, later than `last`, whose code an app's `code` is.
pub fn matching_step(totp: &Totp, code: &str, now: Timestamp, last: Option<u64>) -> Option<u64> {
    Recipe::default().accepts(totp, code, now, Standing { last: last.unwrap_or(0), drift: 0 })
}

/// What the factor works with.
#[derive(Debug, Clone)]
pub struct TotpFactor {
    pub(super) store: SharedStore,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) sealing: Arc<Sealing>,
    pub(super) lockout: AuthenticatorLockout,
    pub(super) trail: Trail,
    pub(super) notices: Notices,
}

/// The credentials that may be tried now, or why none may.
struct Countable {
    open: Vec<CountedProof>,
    blocked: Option<Blocked>,
}

impl TotpFactor {
    /// The factor over `store`, its secrets sealed by `sealing`; each app may be tried as often as `lockout` says.
    pub fn new(
        store: SharedStore,
        clock: Arc<dyn Clock>,
        sealing: Arc<Sealing>,
        lockout: AuthenticatorLockout,
        trail: Trail,
    ) -> Self {
        Self { store, clock, sealing, lockout, trail, notices: Notices::default() }
    }

    /// The same, with mails by `notices`.
    pub fn telling(mut self, notices: Notices) -> Self {
        self.notices = notices;
        self
    }

    /// Removes an app of `user`, or all of them, in one commit with the caller's batch `with`, and their failures too.
    /// Whether the person may (R-EN-01), and what else ends with it, is decided above.
    pub async fn remove(
        &self,
        occasion: &Occasion,
        which: impl Fn(&CredentialId) -> bool + Send,
        with: Batch,
    ) -> Result<usize, FactorError> {
        let key = totp_key(&occasion.user);
        let Some(Stored { mut value, revision, .. }) = totp_credentials(&self.store, &occasion.user).await?
        else {
            return Ok(0);
        };
        let mut batch = Batch::new();
        let (gone, kept): (Vec<_>, Vec<_>) =
            value.list.into_iter().partition(|credential| which(&credential.id));
        for credential in &gone {
            self.remove_one(occasion, credential, &mut batch).await?;
        }
        if !gone.is_empty() {
            let notice = Notice::FactorRemoved { count: gone.len() };
            self.notices.tell(&mut batch, &occasion.user, notice, &occasion.origin).await?;
        }
        value.list = kept;
        batch.require_revision(key.clone(), revision).put(key, &value, None).append(with);
        let done = self.store.commit(batch).await?.is_done();
        if done { Ok(gone.len()) } else { Err(FactorError::Conflict) }
    }

    /// What goes with an app that leaves its person's record.
    pub(super) async fn remove_one(
        &self,
        occasion: &Occasion,
        credential: &TotpCredential,
        batch: &mut Batch,
    ) -> Result<(), StorageError> {
        AuthenticatorLockout::succeeded(&credential.id, batch);
        let event = self.trail.event(Action::FactorRemoved, Outcome::Success, &occasion.origin);
        let event = event.about(&occasion.user).credential(&credential.id).because("totp");
        event.token(credential.token.as_deref()).write(batch);
        take_back(&self.store, batch, credential).await
    }

    /// Counts the try against every app it could be meant for, before any secret is looked at (R-RL-03).
    async fn count(&self, credentials: &TotpCredentials) -> Result<Countable, FactorError> {
        let mut countable = Countable { open: Vec::new(), blocked: None };
        for credential in &credentials.list {
            match self.lockout.count(&credential.id).await? {
                Ok(counted) => countable.open.push(counted),
                Err(blocked) => countable.blocked = Some(sooner(countable.blocked, blocked)),
            }
        }
        Ok(countable)
    }

    /// Spends the code in one commit, or answers `None` if the record changed since it was read.
    async fn spend(
        &self,
        occasion: &Occasion,
        open: &[CountedProof],
        code: &str,
    ) -> Result<Option<Verdict>, FactorError> {
        let Some(Stored { mut value, revision, .. }) = totp_credentials(&self.store, &occasion.user).await?
        else {
            return Ok(Some(Verdict::Rejected));
        };
        let now = self.clock.now();
        let found = self.find(occasion, &value, open, code, now)?;
        for credential in value.list.iter_mut() {
            credential.learn(found.as_ref());
            if matches!(&found, Some((id, Meaning::Accepted(_))) if *id == credential.id) {
                credential.last_used = Some(now);
            }
        }
        let mut batch = Batch::new();
        let key = totp_key(&occasion.user);
        batch.require_revision(key.clone(), revision).put(key, &value, None);
        let id = match found {
            Some((id, Meaning::Accepted(_))) => id,
            found => {
                // The first code of two is a wrong one, but for what is remembered of it.
                if found.is_some() && !self.store.commit(batch).await?.is_done() {
                    return Ok(None);
                }
                let failures = open.iter().map(CountedProof::failures).max().unwrap_or_default();
                return self.reject(occasion, "totp", failures).await.map(Some);
            }
        };
        AuthenticatorLockout::succeeded(&id, &mut batch);
        // The answer did not say which app was meant: this was no failure of the others, but no success either.
        for other in open.iter().filter(|counted| *counted.credential() != id) {
            self.lockout.give_back(other, &mut batch).await?;
        }
        let event = self.trail.event(Action::FactorCheck, Outcome::Success, &occasion.origin);
        event.about(&occasion.user).credential(&id).because("totp").write(&mut batch);
        let accepted = self.store.commit(batch).await?.is_done();
        let evidence = Evidence::new(FactorKind::Totp, Some(id), now, occasion);
        Ok(accepted.then(|| Verdict::Accepted(Box::new(evidence))))
    }

    fn find(
        &self,
        occasion: &Occasion,
        credentials: &TotpCredentials,
        open: &[CountedProof],
        code: &str,
        now: Timestamp,
    ) -> Result<Option<(CredentialId, Meaning)>, FactorError> {
        let mut first_of_two = None;
        for credential in credentials
            .list
            .iter()
            .filter(|credential| open.iter().any(|counted| *counted.credential() == credential.id))
        {
            let found = self.meaning(&occasion.user, credential, code, now)?;
            let found = found.map(|meaning| (credential.id.clone(), meaning));
            if matches!(found, Some((_, Meaning::Accepted(_)))) {
                return Ok(found);
            }
            first_of_two = first_of_two.or(found);
        }
        Ok(first_of_two)
    }

    fn meaning(
        &self,
        user: &UserId,
        credential: &TotpCredential,
        code: &str,
        now: Timestamp,
    ) -> Result<Option<Meaning>, FactorError> {
        let secret = self.sealing.open(sealed_as(&place(user, &credential.id)), &credential.secret)?;
        let (recipe, totp) = (&credential.recipe, stored_generator(&credential.recipe, &secret)?);
        let Some(astray) = &credential.astray else {
            return Ok(recipe.accepts(&totp, code, now, credential.standing()).map(Meaning::Accepted));
        };
        let second = astray.first.map(|first| first.saturating_add(1));
        let second = second.filter(|second| recipe.is_of(&totp, code, *second)).map(Meaning::Accepted);
        let first = || recipe.far_ahead(&totp, code, credential.standing()).map(Meaning::FirstOfTwo);
        Ok(second.or_else(first))
    }

    /// Leaves a counted try counted, and writes it down. At so many `failures` in a row the person is told (R-MF-11).
    pub(super) async fn reject(
        &self,
        occasion: &Occasion,
        word: &'static str,
        failures: u64,
    ) -> Result<Verdict, FactorError> {
        let mut batch = Batch::new();
        self.failure(Action::FactorCheck, occasion, word).write(&mut batch);
        if failures == FAILURES_TOLD {
            let notice = Notice::SecondFactorFailing { count: failures };
            self.notices.tell(&mut batch, &occasion.user, notice, &occasion.origin).await?;
        }
        self.store.commit(batch).await?;
        Ok(Verdict::Rejected)
    }

    /// What to answer where no app may be tried. No limit counts such a try, so the trail tells of it only so often.
    async fn turn_away(&self, occasion: &Occasion, blocked: Option<Blocked>) -> Result<Verdict, FactorError> {
        let (action, verdict) = match blocked {
            Some(blocked) => (Action::Throttled, blocked.into()),
            None => (Action::FactorCheck, Verdict::Rejected),
        };
        let event = self.failure(action, occasion, "totp");
        event.write_bounded(&self.store).await?;
        Ok(verdict)
    }

    fn failure(&self, action: Action, occasion: &Occasion, word: &'static str) -> Draft<'_> {
        self.trail.event(action, Outcome::Failure, &occasion.origin).about(&occasion.user).because(word)
    }
}

/// Of two obstacles the one that ends first.
fn sooner(one: Option<Blocked>, other: Blocked) -> Blocked {
    match (one, other) {
        (Some(Blocked::Throttled(a)), Blocked::Throttled(b)) => {
            Blocked::Throttled(Throttled::after(a.retry_after.min(b.retry_after)))
        }
        (Some(Blocked::Throttled(a)), Blocked::Disabled) => Blocked::Throttled(a),
        (_, other) => other,
    }
}

#[async_trait]
impl Factor for TotpFactor {
    fn kind(&self) -> FactorKind {
        FactorKind::Totp
    }

    async fn enrolled(&self, user: &UserId) -> Result<Vec<Enrolled>, FactorError> {
        let found = totp_credentials(&self.store, user).await?;
        let list = found.map(|stored| stored.value.list).unwrap_or_default();
        let shown = |credential: TotpCredential| Enrolled {
            credential: credential.id,
            kind: FactorKind::Totp,
            name: credential.name,
            token: credential.token,
            enrolled_at: credential.enrolled_at,
            usable: true,
            last_used: credential.last_used,
            remaining: None,
        };
        Ok(list.into_iter().map(shown).collect())
    }

    async fn begin(&self, occasion: &Occasion) -> Result<Challenge, FactorError> {
        let found = totp_credentials(&self.store, &occasion.user).await?;
        let digits = found.iter().flat_map(|stored| &stored.value.list);
        let longest = digits.map(|credential| credential.recipe.digits).max();
        Ok(Challenge::Code { length: longest.unwrap_or(DIGITS).into() })
    }

    async fn verify(&self, occasion: &Occasion, answer: &Answer) -> Result<Verdict, FactorError> {
        let Answer::Code(code) = answer else { return Ok(Verdict::Rejected) };
        let code = tidy(code.expose());
        let Some(stored) = totp_credentials(&self.store, &occasion.user).await? else {
            return self.turn_away(occasion, None).await;
        };
        let countable = self.count(&stored.value).await?;
        if countable.open.is_empty() {
            return self.turn_away(occasion, countable.blocked).await;
        }
        loop {
            if let Some(verdict) = self.spend(occasion, &countable.open, &code).await? {
                return Ok(verdict);
            }
        }
    }
}
