//! A forgotten password (R-RC-01 to R-RC-03). The request queues the typed name, whatever it is, and does nothing else, so that its
//! answer and its time tell nobody who has an account. Whoever carries the job out finds the person, and mails the link. It never
//! signs anybody in and skips no factor; that the password came by mail is remembered (R-RC-07).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Lifecycle;
use super::mailed_link::{Errand, Good, MailedLinks};
use crate::audit::{Action, Origin, Outcome, Trail};
use crate::foundation::Clock;
use crate::foundation::secret::{BrowserSecret, Hashed, Hidden};
use crate::jobs::{Handler, Job, Queue, Verdict};
use crate::limits::{AddressClass, RateLimit, Throttled};
use crate::storage::{Batch, Outcome as Committed, SharedStore, StorageError};
use crate::users::notices::{LinkLetter, Notices};
use crate::users::{
    PasswordRules, Passwords, User, UserError, Users, address_change, password_by_mail, passwords, standing,
};

/// The kind of the jobs that carry a wish for a new password.
pub const KIND: &str = "password_reset";
/// Characters of a name that are looked at.
const LONGEST_NAME: usize = 256;
const HOUR: Duration = Duration::from_secs(60 * 60);
/// From one network, whatever name is typed.
const BY_NETWORK: RateLimit = RateLimit { name: "password-reset-network", bound: 3, window: HOUR };
/// For one person, from wherever it is asked.
const BY_PERSON: RateLimit = RateLimit { name: "password-reset", bound: 3, window: HOUR };

/// A wish for a new password, as it was typed by anybody.
#[derive(Serialize, Deserialize)]
struct Wish {
    login_name: String,
    browser: Hashed<BrowserSecret>,
    origin: Origin,
}

/// What forgotten passwords work with.
#[derive(Debug, Clone)]
pub struct PasswordResets {
    /// Where everything is.
    pub store: SharedStore,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who has an account.
    pub users: Users,
    /// The links.
    pub links: MailedLinks,
    /// Carries them.
    pub notices: Notices,
    /// Where wishes wait.
    pub queue: Queue,
    /// Where events go.
    pub trail: Trail,
}

impl PasswordResets {
    /// Whether there is a mail server that could carry a link.
    pub fn are_offered(&self) -> bool {
        self.notices.are_sent()
    }

    /// Queues the wish of whoever is at `browser`. The work is the same for every name; only the network is counted.
    pub async fn ask(
        &self,
        login_name: &str,
        browser: &Hashed<BrowserSecret>,
        origin: &Origin,
    ) -> Result<Result<(), Throttled>, StorageError> {
        let (mut batch, now) = (Batch::new(), self.clock.now());
        BY_NETWORK.count(AddressClass::of(origin.address).as_str(), now, &mut batch);
        let login_name = login_name.chars().take(LONGEST_NAME).collect();
        let wish = Wish { login_name, browser: browser.clone(), origin: origin.clone() };
        let until = now.plus(Errand::Password { browser: wish.browser.clone() }.lifetime());
        self.queue.put(&mut batch, KIND, &wish, until);
        match self.store.commit(batch).await? {
            Committed::Done(_) => Ok(Ok(())),
            Committed::Refused(_) => Ok(Err(BY_NETWORK.refusal(now))),
        }
    }

    /// Whether `user` may have a link: served, with a password, and with a verified address that nobody changed within a day.
    async fn serves(&self, user: &User) -> Result<bool, StorageError> {
        let reached = user.profile.mail.as_ref().is_some_and(|mail| mail.verified);
        if !reached || standing(user, self.clock.now()).is_err() {
            return Ok(false);
        }
        let has_password = self.store.get_one(&passwords::key(&user.id)).await?.is_some();
        Ok(has_password && address_change::recent(&self.store, &user.id).await?.is_none())
    }

    async fn grant(&self, wish: Wish) -> Result<Verdict, StorageError> {
        let user = self.users.find_by_login_name(&wish.login_name).await?.map(|found| found.value);
        let Some(user) = user else { return Ok(Verdict::NotNeeded("nobody has that name")) };
        if !self.serves(&user).await? {
            return Ok(Verdict::NotNeeded("this person gets no link"));
        }
        let (mut batch, now) = (Batch::new(), self.clock.now());
        BY_PERSON.count(user.id.as_str(), now, &mut batch);
        let (link, until) = self.links.issue(&mut batch, &user, Errand::Password { browser: wish.browser });
        let letter = LinkLetter::new(crate::pages::link_mail::Purpose::Password, &link);
        if let Some(mail) = &user.profile.mail {
            self.notices.send_link(&mut batch, (&user, &mail.address), letter, until, &wish.origin).await?;
        }
        let event = self.trail.event(Action::PasswordResetAsked, Outcome::Success, &wish.origin);
        event.about(&user.id).write(&mut batch);
        if self.store.commit(batch).await?.is_done() {
            return Ok(Verdict::Done);
        }
        let mut batch = Batch::new();
        let event = self.trail.event(Action::Throttled, Outcome::Failure, &wish.origin);
        event.about(&user.id).because("password_reset").write(&mut batch);
        self.store.commit(batch).await?;
        Ok(Verdict::NotNeeded("too many links within an hour"))
    }
}

#[async_trait]
impl Handler for PasswordResets {
    async fn carry_out(&self, job: &Job) -> Verdict {
        match serde_json::from_slice(&job.data) {
            Ok(wish) => self.grant(wish).await.unwrap_or_else(|error| Verdict::Later(error.to_string())),
            Err(error) => Verdict::Never(format!("it cannot be read: {error}")),
        }
    }

    /// Nothing was promised: whoever asked may ask again.
    fn given_up(&self, _job: &Job, _batch: &mut Batch) {}

    fn per_hour(&self) -> u64 {
        u64::MAX
    }
}

/// What was chosen with a link, and from where.
#[derive(Debug)]
pub struct Choice<'a> {
    /// The link.
    pub link: &'a Good,
    /// The new password.
    pub password: &'a Hidden,
    /// What it must fulfil.
    pub rules: &'a PasswordRules,
    /// From where.
    pub origin: &'a Origin,
}

impl Lifecycle {
    /// Sets the password of whoever holds the link, once: everything that was proved before loses its worth, and the person is
    /// told. Nobody is signed in by it.
    pub async fn reset_password(
        &self,
        passwords: &Passwords,
        links: &MailedLinks,
        choice: &Choice<'_>,
    ) -> Result<(), UserError> {
        let id = &choice.link.user;
        let user = self.users.by_id(id).await?.ok_or(UserError::Unknown)?.value;
        let mut batch = Batch::new();
        links.burn(&mut batch, choice.link);
        let at = passwords.set(&user, choice.password.expose(), false, choice.rules, &mut batch).await?;
        password_by_mail::note(&mut batch, id, at);
        self.password_set(&mut batch, id, None, choice.origin).await?;
        let done = self.store.commit(batch).await?.is_done();
        if done { Ok(()) } else { Err(UserError::Conflict) }
    }
}
