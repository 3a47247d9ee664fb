//! Recovery codes: ten, shown once, good once each, for the day the phone is lost (R-RC-04, R-RC-06).
//!
//! A code has 16 characters: the first says which of the ten it is, the other 15 are random (75 bits). So checking one
//! costs a single slow hash, and the random part is stored hashed like a password.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::evidence::{Evidence, FactorKind, Occasion};
use super::totp::FAILURES_TOLD;
use super::{Answer, Challenge, Enrolled, Factor, FactorError, Verdict};
use crate::audit::trail::Draft;
use crate::audit::{Action, Actor, Outcome, Trail};
use crate::foundation::clock::{Clock, Timestamp};
use crate::foundation::ids::{CredentialId, UserId};
use crate::foundation::secret::Hidden;
use crate::foundation::{Random, random};
use crate::limits::{AuthenticatorLockout, Blocked, CountedProof};
use crate::pages::mails::Notice;
use crate::storage::{Batch, Key, Record, SharedStore, StorageError, Stored};
use crate::users::notices::Notices;
use crate::users::passwords::SlowHash;
use crate::users::{Passwords, Prepared};

/// Codes in a set.
pub const CODES: usize = 10;
/// Characters of a code, without hyphens.
pub const LENGTH: usize = 16;
/// Digits and letters that are not mistaken for one another (Crockford's base 32): 5 bits each.
pub(super) const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A person's codes as stored; a spent one is `None`.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct CodeSet {
    id: CredentialId,
    hashes: Vec<Option<SlowHash>>,
    issued_at: Timestamp,
}

impl Record for CodeSet {}

impl CodeSet {
    fn remaining(&self) -> usize {
        self.hashes.iter().flatten().count()
    }
}

/// The factor.
#[derive(Debug, Clone)]
pub struct RecoveryCodes {
    store: SharedStore,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    passwords: Arc<Passwords>,
    lockout: AuthenticatorLockout,
    trail: Trail,
    notices: Notices,
}

impl RecoveryCodes {
    /// Codes kept in `store`, hashed by `passwords`; each set may be tried as often as `lockout` says.
    pub fn new(
        store: SharedStore,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        passwords: Arc<Passwords>,
        lockout: AuthenticatorLockout,
        trail: Trail,
    ) -> Self {
        Self { store, clock, random, passwords, lockout, trail, notices: Notices::default() }
    }

    /// The same, with mails by `notices`.
    pub fn telling(mut self, notices: Notices) -> Self {
        self.notices = notices;
        self
    }

    /// Makes a new set and voids the old one. The codes are returned this once, as they are to be shown.
    pub async fn issue(&self, occasion: &Occasion) -> Result<Vec<Hidden>, FactorError> {
        let mut batch = Batch::new();
        let codes = self.issue_into(&mut batch, occasion).await?;
        let done = self.store.commit(batch).await?.is_done();
        if done { Ok(codes) } else { Err(FactorError::Conflict) }
    }

    /// The same as part of the caller's commit.
    pub async fn issue_into(
        &self,
        batch: &mut Batch,
        occasion: &Occasion,
    ) -> Result<Vec<Hidden>, FactorError> {
        let mut codes = Vec::with_capacity(CODES);
        let mut hashes = Vec::with_capacity(CODES);
        for place in 0..CODES {
            let code = format!("{place}{}", random::draw(self.random.as_ref(), ALPHABET, LENGTH - 1));
            hashes.push(Some(self.passwords.slow_hash(prepare(&code)?).await?));
            codes.push(shown(&code));
        }
        let set =
            CodeSet { id: CredentialId::generate(self.random.as_ref()), hashes, issued_at: self.clock.now() };
        batch.put(key(&occasion.user), &set, None);
        let event = self.trail.event(Action::RecoveryCodesIssued, Outcome::Success, &occasion.origin);
        event.by(Actor::User(occasion.user.clone())).about(&occasion.user).credential(&set.id).write(batch);
        self.tell(batch, occasion, Notice::RecoveryCodesIssued).await?;
        Ok(codes)
    }

    /// How many codes `user` has left.
    pub async fn remaining(&self, user: &UserId) -> Result<usize, FactorError> {
        Ok(self.load(user).await?.map_or(0, |stored| stored.value.remaining()))
    }

    async fn load(&self, user: &UserId) -> Result<Option<Stored<CodeSet>>, FactorError> {
        Ok(self.store.fetch(&key(user)).await?)
    }

    /// Spends the code at `place`, unless it was spent or the set voided meanwhile.
    async fn spend(
        &self,
        occasion: &Occasion,
        set: &CredentialId,
        place: usize,
    ) -> Result<Verdict, FactorError> {
        loop {
            let Some(Stored { mut value, revision, .. }) = self.load(&occasion.user).await? else {
                return self.reject(occasion, 0).await;
            };
            let spent = value.hashes.get_mut(place).and_then(Option::take);
            if value.id != *set || spent.is_none() {
                return self.reject(occasion, 0).await;
            }
            let mut batch = Batch::new();
            let key = key(&occasion.user);
            batch.require_revision(key.clone(), revision).put(key, &value, None);
            AuthenticatorLockout::succeeded(set, &mut batch);
            let event = self.trail.event(Action::RecoveryCodeCheck, Outcome::Success, &occasion.origin);
            event.about(&occasion.user).credential(set).write(&mut batch);
            let notice = Notice::RecoveryCodeUsed { count: value.remaining() };
            self.tell(&mut batch, occasion, notice).await?;
            if self.store.commit(batch).await?.is_done() {
                let id = Some(set.clone());
                let evidence = Evidence::new(FactorKind::RecoveryCode, id, self.clock.now(), occasion);
                return Ok(Verdict::Accepted(Box::new(evidence)));
            }
        }
    }

    async fn tell(&self, batch: &mut Batch, occasion: &Occasion, notice: Notice) -> Result<(), FactorError> {
        Ok(self.notices.tell(batch, &occasion.user, notice, &occasion.origin).await?)
    }

    /// Leaves a counted try counted, and writes it down. At so many `failures` in a row the person is told (R-MF-11).
    async fn reject(&self, occasion: &Occasion, failures: u64) -> Result<Verdict, FactorError> {
        let mut batch = Batch::new();
        self.failure(Action::RecoveryCodeCheck, occasion).write(&mut batch);
        if failures == FAILURES_TOLD {
            self.tell(&mut batch, occasion, Notice::SecondFactorFailing { count: failures }).await?;
        }
        self.store.commit(batch).await?;
        Ok(Verdict::Rejected)
    }

    /// No limit counts such a try, so the trail tells of it only so often.
    async fn reject_uncounted(&self, occasion: &Occasion) -> Result<Verdict, FactorError> {
        let event = self.failure(Action::RecoveryCodeCheck, occasion);
        event.write_bounded(&self.store).await?;
        Ok(Verdict::Rejected)
    }

    async fn block(&self, occasion: &Occasion, blocked: Blocked) -> Result<Verdict, FactorError> {
        let event = self.failure(Action::Throttled, occasion).because("recovery_code");
        event.write_bounded(&self.store).await?;
        Ok(blocked.into())
    }

    fn failure(&self, action: Action, occasion: &Occasion) -> Draft<'_> {
        self.trail.event(action, Outcome::Failure, &occasion.origin).about(&occasion.user)
    }

    async fn give_back(&self, counted: &CountedProof) -> Result<(), FactorError> {
        loop {
            let mut batch = Batch::new();
            self.lockout.give_back(counted, &mut batch).await?;
            if self.store.commit(batch).await?.is_done() {
                return Ok(());
            }
        }
    }

    /// Compares at the cost of one slow hash. If the workers are too busy, the try is given back.
    async fn matches(
        &self,
        counted: &CountedProof,
        hash: Option<&SlowHash>,
        code: Prepared,
    ) -> Result<bool, FactorError> {
        match self.passwords.matches(hash, code).await {
            Ok(matches) => Ok(matches),
            Err(busy) => {
                self.give_back(counted).await?;
                Err(busy.into())
            }
        }
    }
}

#[async_trait]
impl Factor for RecoveryCodes {
    fn kind(&self) -> FactorKind {
        FactorKind::RecoveryCode
    }

    async fn enrolled(&self, user: &UserId) -> Result<Vec<Enrolled>, FactorError> {
        let found = self.load(user).await?.map(|stored| stored.value);
        let shown = |set: CodeSet| Enrolled {
            remaining: Some(set.remaining()),
            credential: set.id,
            kind: FactorKind::RecoveryCode,
            name: String::new(),
            token: None,
            enrolled_at: set.issued_at,
            usable: true,
            last_used: None,
        };
        Ok(found.filter(|set| set.remaining() > 0).map(shown).into_iter().collect())
    }

    async fn begin(&self, _occasion: &Occasion) -> Result<Challenge, FactorError> {
        Ok(Challenge::Code { length: LENGTH })
    }

    async fn verify(&self, occasion: &Occasion, answer: &Answer) -> Result<Verdict, FactorError> {
        let Answer::Code(typed) = answer else { return Ok(Verdict::Rejected) };
        let code = tidy(typed.expose());
        let Some(Stored { value: set, .. }) = self.load(&occasion.user).await? else {
            return self.reject_uncounted(occasion).await;
        };
        let Ok(prepared) = prepare(&code) else {
            return self.reject_uncounted(occasion).await;
        };
        let counted = match self.lockout.count(&set.id).await? {
            Ok(counted) => counted,
            Err(blocked) => return self.block(occasion, blocked).await,
        };
        let place =
            code.chars().next().and_then(|c| c.to_digit(10)).and_then(|place| usize::try_from(place).ok());
        let hash = place.and_then(|place| set.hashes.get(place)).and_then(Option::as_ref);
        match (self.matches(&counted, hash, prepared).await?, place) {
            (true, Some(place)) => self.spend(occasion, &set.id, place).await,
            _ => self.reject(occasion, counted.failures()).await,
        }
    }
}

/// A code as it was meant: without spaces and hyphens, small, with the letters O, I and L read as digits.
pub(super) fn tidy(typed: &str) -> String {
    let meant = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').take(LENGTH + 1);
    let meant = meant.map(|c| match c.to_ascii_lowercase() {
        'o' => '0',
        'i' | 'l' => '1',
        other => other,
    });
    meant.collect()
}

/// In four groups of four, easy to read and to write down.
fn shown(code: &str) -> Hidden {
    let groups: Vec<&str> = (0..LENGTH).step_by(4).filter_map(|at| code.get(at..at + 4)).collect();
    Hidden::new(groups.join("-"))
}

fn prepare(code: &str) -> Result<Prepared, FactorError> {
    Prepared::new(code).map_err(|weak| FactorError::Password(weak.into()))
}

/// Which set of codes `user` has.
pub(super) async fn set_of(store: &SharedStore, user: &UserId) -> Result<Option<CredentialId>, StorageError> {
    Ok(store.fetch::<CodeSet>(&key(user)).await?.map(|stored| stored.value.id))
}

pub(super) fn key(user: &UserId) -> Key {
    Key::new("factor_recovery_codes", &[user.as_str()])
}
