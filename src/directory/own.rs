//! Our own store as a directory: limits, then the password workers, then the person's standing.
//!
//! The work is the same for everybody: two reads for the name, one for the browser, one commit that counts the try, one read of
//! how often it failed before, one for the password, one slow hash, one commit with the event. What follows only after a right
//! password that is accepted can take another time, for it tells nothing: its event stands in the commit of the step.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Answer, Authenticated, Directory, PasswordAttempt};
use crate::audit::{Action, Actor, Outcome, Trail};
use crate::factors::password::RightPassword;
use crate::factors::{FactorError, PasswordProof};
use crate::foundation::Clock;
use crate::foundation::ids::UserId;
use crate::limits::{Account, AddressClass, CountedTry, PasswordLockout, Source, Throttled};
use crate::sealing::Sealing;
use crate::sessions::Sessions;
use crate::storage::{Batch, SharedStore};
use crate::users::normal_form::NormalName;
use crate::users::{Epoch, Prepared, User, UserError, Users, standing};

/// The people of our own store.
#[derive(Debug, Clone)]
pub struct OwnDirectory {
    store: SharedStore,
    clock: Arc<dyn Clock>,
    sealing: Arc<Sealing>,
    users: Users,
    sessions: Sessions,
    proof: PasswordProof,
    lockout: PasswordLockout,
    trail: Trail,
}

/// What an [`OwnDirectory`] is made of.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Where everything is.
    pub store: SharedStore,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// For the keyed hash of unknown names.
    pub sealing: Arc<Sealing>,
    /// The people.
    pub users: Users,
    /// Their browsers.
    pub sessions: Sessions,
    /// Their passwords.
    pub proof: PasswordProof,
    /// Who may try how often.
    pub lockout: PasswordLockout,
    /// Where events go.
    pub trail: Trail,
}

impl OwnDirectory {
    /// A directory over these parts.
    pub fn new(parts: Parts) -> Self {
        let Parts { store, clock, sealing, users, sessions, proof, lockout, trail } = parts;
        Self { store, clock, sealing, users, sessions, proof, lockout, trail }
    }

    /// The account to count against: the person, or a keyed hash of the name nobody has (R-RL-01, R-RL-02).
    fn account(&self, user: Option<&User>, login_name: &str) -> Account {
        match user {
            Some(user) => Account::Known(user.id.clone()),
            None => {
                let name = NormalName::of(login_name);
                let name = name.as_ref().map_or("", NormalName::as_str);
                let hash = self.sealing.keyed_hash("limit_password", name.as_bytes());
                Account::Unknown(URL_SAFE_NO_PAD.encode(hash))
            }
        }
    }

    /// The person behind a name, at the cost of two reads for everybody.
    async fn find(&self, login_name: &str) -> Result<Option<User>, FactorError> {
        let id = self.users.resolve(login_name).await?;
        let nobody = UserId::from_text("nobody");
        let stored = self.users.by_id(id.as_ref().unwrap_or(&nobody)).await?;
        Ok(id.and(stored).map(|stored| stored.value))
    }

    /// A browser in which the person signed in before, or an address: one read for everybody.
    async fn source(
        &self,
        attempt: &PasswordAttempt<'_>,
        user: Option<&User>,
    ) -> Result<Source, FactorError> {
        let nobody = UserId::from_text("nobody");
        let (id, epoch) = user.map_or((&nobody, Epoch::default()), |user| (&user.id, user.epoch));
        let known = self.sessions.known_device(attempt.device, id, epoch).await?;
        let stranger = || Source::Address(AddressClass::of(attempt.origin.address));
        Ok(known.map_or_else(stranger, Source::Device))
    }

    async fn judge(
        &self,
        attempt: &PasswordAttempt<'_>,
        user: Option<User>,
        right: Option<RightPassword>,
        counted: CountedTry,
    ) -> Result<Answer, FactorError> {
        let (Some(user), Some(right)) = (user.as_ref(), right) else {
            let word = if user.is_some() { "wrong_password" } else { "unknown_user" };
            return self.refuse(attempt, user.as_ref(), &counted, word).await;
        };
        if let Err(reason) = standing(user, self.clock.now()) {
            return self.refuse(attempt, Some(user), &counted, reason.word()).await;
        }
        if counted.is_shut_out() {
            return self.refuse(attempt, Some(user), &counted, "unknown_device").await;
        }
        let mut success = Batch::new();
        counted.succeeded(&mut success);
        let event = self.trail.event(Action::PasswordCheck, Outcome::Success, attempt.origin);
        event.by(Actor::User(user.id.clone())).about(&user.id).write(&mut success);
        let RightPassword { evidence, must_change } = right;
        let person = Authenticated { user: user.clone(), evidence, must_change, success, counted };
        Ok(Answer::Authenticated(Box::new(person)))
    }

    /// Leaves the try counted, and writes down why.
    async fn refuse(
        &self,
        attempt: &PasswordAttempt<'_>,
        user: Option<&User>,
        counted: &CountedTry,
        word: &'static str,
    ) -> Result<Answer, FactorError> {
        let mut batch = self.refusal(attempt, user, counted, word);
        let tells = counted.tell_of_many_failures(&mut batch);
        if let Some(user) = user.filter(|_| tells) {
            let event = self.trail.event(Action::ManyFailures, Outcome::Failure, attempt.origin);
            event.about(&user.id).because("password").write(&mut batch);
        }
        if !self.store.commit(batch).await?.is_done() {
            // Somebody else has told of it.
            self.store.commit(self.refusal(attempt, user, counted, word)).await?;
        } else if let Some(user) = user.filter(|_| tells) {
            tracing::warn!(
                user = user.id.as_str(),
                "a password was wrong very often, over all addresses: it is accepted from browsers of an earlier success only"
            );
        }
        Ok(Answer::Failed)
    }

    fn refusal(
        &self,
        attempt: &PasswordAttempt<'_>,
        user: Option<&User>,
        counted: &CountedTry,
        word: &'static str,
    ) -> Batch {
        let mut batch = Batch::new();
        let mut event =
            self.trail.event(Action::PasswordCheck, Outcome::Failure, attempt.origin).because(word);
        if let Some(user) = user {
            event = event.about(&user.id);
            if let Some(hash) = counted.spent_device() {
                Sessions::forget_device(&mut batch, &user.id, hash);
            }
        }
        event.write(&mut batch);
        batch
    }

    /// No limit counts such a try, so the trail tells of it only so often.
    async fn throttle(
        &self,
        attempt: &PasswordAttempt<'_>,
        user: Option<&User>,
        throttled: Throttled,
    ) -> Result<Answer, FactorError> {
        let mut event =
            self.trail.event(Action::Throttled, Outcome::Failure, attempt.origin).because("password");
        if let Some(user) = user {
            event = event.about(&user.id);
        }
        event.write_bounded(&self.store).await?;
        Ok(Answer::Throttled(throttled))
    }
}

#[async_trait]
impl Directory for OwnDirectory {
    async fn authenticate(&self, attempt: &PasswordAttempt<'_>) -> Result<Answer, FactorError> {
        // No password can be like this, whoever is meant: nothing is looked up, so nothing is told (R-PW-07).
        let Ok(password) = Prepared::new(attempt.password.expose()) else {
            return Ok(Answer::Failed);
        };
        let user = self.find(attempt.login_name).await?;
        let account = self.account(user.as_ref(), attempt.login_name);
        let source = self.source(attempt, user.as_ref()).await?;
        let counted = match self.lockout.count(account, source).await? {
            Ok(counted) => counted,
            Err(throttled) => return self.throttle(attempt, user.as_ref(), throttled).await,
        };
        let id = user.as_ref().map(|user| &user.id);
        match self.proof.check(id, &password, attempt.journey).await {
            Ok(right) => self.judge(attempt, user, right, counted).await,
            Err(FactorError::Busy(_) | FactorError::Password(UserError::Busy(_))) => {
                let mut batch = Batch::new();
                counted.give_back(self.clock.now(), &mut batch);
                self.store.commit(batch).await?;
                Ok(Answer::Busy)
            }
            Err(error) => Err(error),
        }
    }

    async fn store_success(
        &self,
        attempt: &PasswordAttempt<'_>,
        person: Authenticated,
    ) -> Result<bool, FactorError> {
        let done = self.store.commit(person.success).await?.is_done();
        if !done {
            let _failed = self.refuse(attempt, Some(&person.user), &person.counted, "unknown_device").await?;
        }
        Ok(done)
    }
}
