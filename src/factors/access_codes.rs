//! Temporary access codes: the help desk gives one to somebody who has lost every factor, having made sure by other means who it is.
//! Good once and for one hour, it stands for what was lost only to enrol something new (security requirements 4.3, 4.9, R-EN-02).
//! The person is told. It ends with every change of a password or factor.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::evidence::{Evidence, FactorKind, Occasion};
use super::recovery_codes::{ALPHABET, tidy};
use super::{Answer, Challenge, Enrolled, Factor, FactorError, Verdict};
use crate::audit::{Action, Actor, Origin, Outcome, Trail};
use crate::foundation::clock::Clock;
use crate::foundation::ids::{CredentialId, UserId};
use crate::foundation::secret::Hidden;
use crate::foundation::{Random, random};
use crate::limits::{AuthenticatorLockout, CountedProof};
use crate::pages::mails::Notice;
use crate::sealing::Sealing;
use crate::storage::{Batch, Key, Record, SharedStore, StorageError};
use crate::users::notices::Notices;
use crate::users::{Epoch, epoch};

/// How long a code is good.
pub const LIFETIME: Duration = Duration::from_secs(60 * 60);
/// Characters of a code: 60 bits.
const LENGTH: usize = 12;
const PURPOSE: &str = "access code";

/// A code that was given out.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct AccessCode {
    hash: [u8; 32],
    epoch: Epoch,
}

impl Record for AccessCode {}

/// The factor.
#[derive(Debug, Clone)]
pub struct AccessCodes {
    store: SharedStore,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    sealing: Arc<Sealing>,
    lockout: AuthenticatorLockout,
    trail: Trail,
    notices: Notices,
}

fn key(user: &UserId) -> Key {
    Key::new("factor_access_code", &[user.as_str()])
}

/// What failures are counted on.
fn desk(user: &UserId) -> CredentialId {
    CredentialId::from_text(format!("access.{user}"))
}

fn hashed(user: &UserId, code: &str) -> Hidden {
    Hidden::new(format!("{user}/{code}"))
}

impl AccessCodes {
    /// Codes kept in `store` while they are good.
    pub fn new(
        store: SharedStore,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        sealing: Arc<Sealing>,
        lockout: AuthenticatorLockout,
        trail: Trail,
    ) -> Self {
        Self { store, clock, random, sealing, lockout, trail, notices: Notices::default() }
    }

    /// The same, with mails by `notices`.
    pub fn telling(mut self, notices: Notices) -> Self {
        self.notices = notices;
        self
    }

    /// Whether what was typed has the form of such a code.
    pub fn is_meant(typed: &str) -> bool {
        tidy(typed).len() == LENGTH
    }

    /// Adds to `batch` a fresh code for `user`, which voids the one before, and that `by` gave it for this `reason`.
    pub async fn issue_into(
        &self,
        batch: &mut Batch,
        user: &UserId,
        reason: &str,
        by: Actor,
    ) -> Result<Hidden, StorageError> {
        let present = epoch::present(&self.store, user).await?;
        present.require(batch);
        let code = random::draw(self.random.as_ref(), ALPHABET, LENGTH);
        let hash = self.sealing.keyed_hash(PURPOSE, hashed(user, &code).expose().as_bytes());
        let until = self.clock.now().plus(LIFETIME);
        batch.put(key(user), &AccessCode { hash, epoch: present.number }, Some(until));
        AuthenticatorLockout::succeeded(&desk(user), batch);
        let origin = Origin::default();
        let event = self.trail.event(Action::AccessCodeIssued, Outcome::Success, &origin);
        event.by(by).about(user).note(reason).write(batch);
        self.notices.tell(batch, user, Notice::AccessCodeIssued, &origin).await?;
        let groups: Vec<_> = (0..LENGTH).step_by(4).filter_map(|at| code.get(at..at + 4)).collect();
        Ok(Hidden::new(groups.join("-")))
    }

    /// Whether `user` has a code that is still good.
    pub async fn is_live(&self, user: &UserId) -> Result<bool, StorageError> {
        let Some(code) = self.store.fetch::<AccessCode>(&key(user)).await? else { return Ok(false) };
        Ok(code.value.epoch == epoch::present(&self.store, user).await?.number)
    }

    /// Judges `code` once; `None` if something changed at the same moment.
    async fn judge(
        &self,
        occasion: &Occasion,
        counted: &CountedProof,
        code: &str,
    ) -> Result<Option<Verdict>, FactorError> {
        let (user, mut batch) = (&occasion.user, Batch::new());
        let found = self.store.fetch::<AccessCode>(&key(user)).await?;
        let present = epoch::present(&self.store, user).await?;
        let typed = hashed(user, code);
        let fits = |code: &AccessCode| {
            code.epoch == present.number
                && self.sealing.verify_keyed_hash(PURPOSE, typed.expose().as_bytes(), &code.hash)
        };
        let spent = found.filter(|found| fits(&found.value));
        let outcome = if spent.is_some() { Outcome::Success } else { Outcome::Failure };
        let event = self.trail.event(Action::FactorCheck, outcome, &occasion.origin).about(user);
        event.because(FactorKind::AccessCode.word()).write(&mut batch);
        let Some(spent) = spent else {
            return Ok(self.store.commit(batch).await?.is_done().then_some(Verdict::Rejected));
        };
        batch.require_revision(key(user), spent.revision).delete(key(user));
        AuthenticatorLockout::succeeded(counted.credential(), &mut batch);
        let done = self.store.commit(batch).await?.is_done();
        let credential = Some(counted.credential().clone());
        let evidence = || Evidence::new(FactorKind::AccessCode, credential, self.clock.now(), occasion);
        Ok(done.then(|| Verdict::Accepted(Box::new(evidence()))))
    }
}

#[async_trait]
impl Factor for AccessCodes {
    fn kind(&self) -> FactorKind {
        FactorKind::AccessCode
    }

    /// Nothing is enrolled: see [`AccessCodes::is_live`].
    async fn enrolled(&self, _user: &UserId) -> Result<Vec<Enrolled>, FactorError> {
        Ok(Vec::new())
    }

    async fn begin(&self, _occasion: &Occasion) -> Result<Challenge, FactorError> {
        Ok(Challenge::Code { length: LENGTH })
    }

    async fn verify(&self, occasion: &Occasion, answer: &Answer) -> Result<Verdict, FactorError> {
        let Answer::Code(code) = answer else { return Ok(Verdict::Rejected) };
        let code = tidy(code.expose());
        let counted = match self.lockout.count(&desk(&occasion.user)).await? {
            Ok(counted) => counted,
            Err(blocked) => {
                let event = self.trail.event(Action::Throttled, Outcome::Failure, &occasion.origin);
                let event = event.about(&occasion.user).because(FactorKind::AccessCode.word());
                event.write_bounded(&self.store).await?;
                return Ok(blocked.into());
            }
        };
        loop {
            if let Some(verdict) = self.judge(occasion, &counted, &code).await? {
                return Ok(verdict);
            }
        }
    }
}
