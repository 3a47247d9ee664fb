//! One-time codes by mail, the weakest second factor (level `mfa-low`): nothing is enrolled, whoever reads the mailbox has it.
//!
//! A code is eight digits, good once and for five minutes, in the journey and browser that asked for it, and only the newest
//! one counts. What is stored is a keyed hash. Wrong codes are counted on the person's mailbox, which no new journey or session
//! changes, and besides on the code itself (R-MF-07, R-MF-10). It goes only to a verified address that nobody changed within a
//! day (R-MF-08). The mail has no link, since scanners open links (R-MF-09).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::evidence::{Evidence, FactorKind, Occasion};
use super::totp::{FAILURES_TOLD, tidy};
use super::{Answer, Challenge, Enrolled, Factor, FactorError, Verdict};
use crate::audit::{Action, Outcome, Trail};
use crate::foundation::clock::{Clock, Timestamp};
use crate::foundation::ids::{CredentialId, JourneyId, UserId};
use crate::foundation::secret::Hidden;
use crate::foundation::{Random, random};
use crate::limits::{AddressClass, AuthenticatorLockout, CountedProof, Throttled, mail_code as limit};
use crate::pages::mails::Notice;
use crate::sealing::Sealing;
use crate::storage::{Batch, Key, Record, SharedStore, StorageError, Stored};
use crate::users::notices::{CodeLetter, Notices};
use crate::users::{User, address_change, password_by_mail};

/// Digits of a code.
pub const DIGITS: usize = 8;
/// How long a code is good.
pub const LIFETIME: Duration = Duration::from_secs(5 * 60);
/// How long to wait before another one is sent.
pub const RESEND_AFTER: Duration = Duration::from_secs(30);
/// Wrong answers to one code, then it is dead.
const MOST_TRIES: u64 = 5;
const PURPOSE: &str = "mail code";

/// A code that was sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct SentCode {
    hash: [u8; 32],
    address: String,
    sent_at: Timestamp,
    tries: u64,
}

impl Record for SentCode {}

/// What became of the wish for a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    /// It is on its way.
    Queued,
    /// One was sent less than [`RESEND_AFTER`] ago.
    JustSent,
    /// Too many were sent to this person, or asked for from this network.
    TooMany(Throttled),
    /// This person gets no codes by mail.
    Unavailable,
}

/// The code that waits for an answer, as its page may show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaited {
    /// The address it was sent to, mostly hidden.
    pub address: String,
    /// When it was sent.
    pub sent_at: Timestamp,
}

/// The factor.
#[derive(Debug, Clone)]
pub struct MailCodes {
    store: SharedStore,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    sealing: Arc<Sealing>,
    lockout: AuthenticatorLockout,
    trail: Trail,
    notices: Notices,
}

impl MailCodes {
    /// Codes kept in `store` while they are good; none is sent before [`Self::sent_by`].
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
    pub fn sent_by(mut self, notices: Notices) -> Self {
        self.notices = notices;
        self
    }

    /// Whether `user` can get codes: there is a mail server, and an address that is verified and was not changed within a day, and
    /// the password was not chosen by mail.
    pub async fn serves(&self, user: &User) -> Result<bool, StorageError> {
        if !self.notices.are_sent() || !user.profile.mail.as_ref().is_some_and(|mail| mail.verified) {
            return Ok(false);
        }
        // Where the password came from the same mailbox, a code from there proves nothing more (R-RC-07).
        let by_mail = password_by_mail::since(&self.store, &user.id).await?.is_some();
        Ok(!by_mail && address_change::recent(&self.store, &user.id).await?.is_none())
    }

    /// Sends `user` a code for `occasion`, which voids the one before. `application` is named in the mail.
    pub async fn send(
        &self,
        occasion: &Occasion,
        user: &User,
        application: Option<&str>,
    ) -> Result<Sending, FactorError> {
        let (true, Some(mail)) = (self.serves(user).await?, &user.profile.mail) else {
            return Ok(Sending::Unavailable);
        };
        let (now, key) = (self.clock.now(), key(&occasion.journey, &user.id));
        let before = self.store.fetch::<SentCode>(&key).await?;
        if before.as_ref().is_some_and(|sent| now.since(sent.value.sent_at) < RESEND_AFTER) {
            return Ok(Sending::JustSent);
        }
        let code = Hidden::new(random::draw(self.random.as_ref(), b"0123456789", DIGITS));
        let hash = self.sealing.keyed_hash(PURPOSE, &hashed(&occasion.journey, &user.id, &code));
        let sent = SentCode { hash, address: mail.address.as_str().to_owned(), sent_at: now, tries: 0 };
        let mut batch = limit::count(&user.id, &AddressClass::of(occasion.origin.address), now);
        match before {
            Some(before) => batch.require_revision(key.clone(), before.revision),
            None => batch.require_absent(key.clone()),
        };
        batch.put(key, &sent, Some(now.plus(LIFETIME)));
        let letter = CodeLetter {
            code: code.expose().to_owned(),
            journey: occasion.journey.clone(),
            application: application.map(str::to_owned),
        };
        self.notices.send_code(&mut batch, user, letter, now.plus(LIFETIME), &occasion.origin);
        let event = self.trail.event(Action::CodeSent, Outcome::Success, &occasion.origin);
        event.about(&user.id).because(FactorKind::MailCode.word()).write(&mut batch);
        let outcome = self.store.commit(batch).await?;
        if let Some(throttled) = limit::refusal(outcome, now) {
            let event = self.trail.event(Action::Throttled, Outcome::Failure, &occasion.origin);
            event.about(&user.id).because(FactorKind::MailCode.word()).write_bounded(&self.store).await?;
            return Ok(Sending::TooMany(throttled));
        }
        // Of two tabs that ask at once one is sent a code; both show the same page.
        Ok(if outcome.is_done() { Sending::Queued } else { Sending::JustSent })
    }

    /// The code of `occasion` that waits for an answer.
    pub async fn awaited(&self, occasion: &Occasion) -> Result<Option<Awaited>, FactorError> {
        let found = self.store.fetch::<SentCode>(&key(&occasion.journey, &occasion.user)).await?;
        Ok(found
            .map(|found| found.value)
            .filter(|sent| sent.tries < MOST_TRIES)
            .map(|sent| Awaited { address: mostly_hidden(&sent.address), sent_at: sent.sent_at }))
    }

    /// Whether `code` still waits for an answer in `journey`: else nobody needs its mail any more.
    pub async fn is_awaited(
        &self,
        journey: &JourneyId,
        user: &UserId,
        code: &Hidden,
    ) -> Result<bool, StorageError> {
        let found = self.store.fetch::<SentCode>(&key(journey, user)).await?;
        Ok(found.is_some_and(|sent| self.fits(&sent.value, &hashed(journey, user, code))))
    }

    fn fits(&self, sent: &SentCode, hashed: &[u8]) -> bool {
        sent.tries < MOST_TRIES && self.sealing.verify_keyed_hash(PURPOSE, hashed, &sent.hash)
    }

    /// Judges `code` once; `None` if another answer was judged at the same moment.
    async fn judge(
        &self,
        occasion: &Occasion,
        counted: &CountedProof,
        code: &Hidden,
    ) -> Result<Option<Verdict>, FactorError> {
        let key = key(&occasion.journey, &occasion.user);
        let mut batch = Batch::new();
        let Some(Stored { mut value, revision, expires }) = self.store.fetch::<SentCode>(&key).await? else {
            // There is nothing to guess at, so it was no failure of the mailbox.
            self.lockout.give_back(counted, &mut batch).await?;
            return Ok(self.store.commit(batch).await?.is_done().then_some(Verdict::Rejected));
        };
        batch.require_revision(key.clone(), revision);
        let right = self.fits(&value, &hashed(&occasion.journey, &occasion.user, code));
        let outcome = if right { Outcome::Success } else { Outcome::Failure };
        let event = self.trail.event(Action::FactorCheck, outcome, &occasion.origin).about(&occasion.user);
        event.because(FactorKind::MailCode.word()).write(&mut batch);
        if right {
            batch.delete(key);
            AuthenticatorLockout::succeeded(counted.credential(), &mut batch);
        } else {
            value.tries = value.tries.saturating_add(1);
            batch.put(key, &value, expires);
            if counted.failures() == FAILURES_TOLD {
                let notice = Notice::SecondFactorFailing { count: FAILURES_TOLD };
                self.notices.tell(&mut batch, &occasion.user, notice, &occasion.origin).await?;
            }
        }
        if !self.store.commit(batch).await?.is_done() {
            return Ok(None);
        }
        let mailbox = Some(counted.credential().clone());
        let evidence = || Evidence::new(FactorKind::MailCode, mailbox, self.clock.now(), occasion);
        Ok(Some(if right { Verdict::Accepted(Box::new(evidence())) } else { Verdict::Rejected }))
    }
}

/// What failures are counted on: the person's mailbox, whatever its address.
fn mailbox(user: &UserId) -> CredentialId {
    CredentialId::from_text(format!("mail.{user}"))
}

fn key(journey: &JourneyId, user: &UserId) -> Key {
    Key::new("factor_mail_code", &[journey.as_str(), user.as_str()])
}

fn hashed(journey: &JourneyId, user: &UserId, code: &Hidden) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(format!("{journey}/{user}/{}", code.expose()).into_bytes())
}

/// The address with all but the first letter and the domain hidden: its owner knows it, nobody else learns it.
fn mostly_hidden(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    format!("{}•••@{domain}", local.chars().next().unwrap_or('•'))
}

#[async_trait]
impl Factor for MailCodes {
    fn kind(&self) -> FactorKind {
        FactorKind::MailCode
    }

    /// Nothing is enrolled: see [`MailCodes::serves`].
    async fn enrolled(&self, _user: &UserId) -> Result<Vec<Enrolled>, FactorError> {
        Ok(Vec::new())
    }

    async fn begin(&self, _occasion: &Occasion) -> Result<Challenge, FactorError> {
        Ok(Challenge::Code { length: DIGITS })
    }

    async fn verify(&self, occasion: &Occasion, answer: &Answer) -> Result<Verdict, FactorError> {
        let Answer::Code(code) = answer else { return Ok(Verdict::Rejected) };
        let code = Hidden::new(tidy(code.expose()));
        let counted = match self.lockout.count(&mailbox(&occasion.user)).await? {
            Ok(counted) => counted,
            Err(blocked) => {
                let event = self.trail.event(Action::Throttled, Outcome::Failure, &occasion.origin);
                let event = event.about(&occasion.user).because(FactorKind::MailCode.word());
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
