//! What people are told by mail about their own account: queued in the commit of what happened, so that it is told if and
//! only if it happened, and no request waits for a mail server (R-EN-05, R-RC-04, R-MF-11, RG-08).
//!
//! Nobody's mailbox is flooded: twenty mails an hour for one person, then none, and the trail says so (R-RL-07). What R-RL-07
//! limits by network are mails that strangers cause; all of these need a password, a factor or an administrator.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::profile::MailAddress;
use super::store::user_key;
use super::user::User;
use crate::audit::{Action, Origin, Outcome, Trail};
use crate::config::Live;
use crate::foundation::address::network;
use crate::foundation::ids::{JourneyId, UserId};
use crate::foundation::secret::{Invitation, MailedLink, Plain};
use crate::foundation::{Clock, Timestamp};
use crate::jobs::Queue;
use crate::pages::link_mail::Purpose;
use crate::pages::mails::Notice;
use crate::storage::{Batch, Key, SharedStore, StorageError};

/// The kind of the jobs that carry a letter.
pub const KIND: &str = "mail";
/// The kind of the jobs that carry a one-time code: they do not wait behind other letters.
pub const CODE_KIND: &str = "mail_code";
/// How long delivery of a notice is tried.
pub const NOTICE_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
/// Mails to one person in one hour.
pub const AN_HOUR: u64 = 20;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// A mail as it waits to be sent: whom it goes to and what it is about. Its words are found when it is sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Letter {
    /// Whose account it is about.
    pub user: UserId,
    /// The mail address.
    pub address: String,
    /// The full name, or the user name.
    pub name: String,
    /// The user name.
    pub username: String,
    /// The language the person reads.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub language: Option<String>,
    /// What it is about.
    pub subject: Subject,
}

impl Letter {
    fn to(user: &User, address: &str, subject: Subject) -> Self {
        let username = user.username.as_str();
        let language = user.language.as_ref().or(user.profile.locale.as_ref());
        Self {
            user: user.id.clone(),
            address: address.to_owned(),
            name: user.profile.name.as_ref().map_or(username, |name| name.as_str()).to_owned(),
            username: username.to_owned(),
            language: language.map(|tag| tag.as_str().to_owned()),
            subject,
        }
    }
}

/// What a letter is about.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A one-time link. It is worth a password, so it exists in the sealed job only.
    Invitation(String),
    /// A one-time code, of which the same holds.
    Code {
        /// The code, and what asked for it.
        letter: CodeLetter,
        /// When it was asked for.
        at: Timestamp,
        /// From which network.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        network: Option<String>,
    },
    /// A one-time link that was asked for, of which the same holds.
    Link {
        /// The link, and what it is for.
        letter: LinkLetter,
        /// When it was asked for.
        at: Timestamp,
        /// From which network.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        network: Option<String>,
    },
    /// Something happened.
    Notice {
        /// What.
        notice: Notice,
        /// When.
        at: Timestamp,
        /// From which network; absent for an administrator's act.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        network: Option<String>,
    },
}

impl std::fmt::Debug for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Invitation(_) => f.write_str("invitation"),
            Self::Code { .. } => f.write_str("one-time code"),
            Self::Link { letter, .. } => write!(f, "one-time link: {:?}", letter.purpose),
            Self::Notice { notice, .. } => notice.fmt(f),
        }
    }
}

/// A one-time code on its way to a person.
#[derive(Clone, Serialize, Deserialize)]
pub struct CodeLetter {
    /// The code in clear.
    pub code: String,
    /// The journey in which it counts.
    pub journey: JourneyId,
    /// The name of the application that the person signs in to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub application: Option<String>,
}

impl std::fmt::Debug for CodeLetter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CodeLetter").field("journey", &self.journey).finish_non_exhaustive()
    }
}

/// A one-time link on its way to a person.
#[derive(Clone, Serialize, Deserialize)]
pub struct LinkLetter {
    /// The link in clear.
    pub secret: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The new address, where it is about one.
    pub address: String,
}

impl LinkLetter {
    /// The letter that carries `link`.
    pub fn new(purpose: Purpose, link: &Plain<MailedLink>) -> Self {
        Self { secret: link.expose().to_owned(), purpose, address: String::new() }
    }

    /// The same, naming the new address.
    pub fn naming(self, address: &str) -> Self {
        Self { address: address.to_owned(), ..self }
    }
}

impl std::fmt::Debug for LinkLetter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkLetter").field("purpose", &self.purpose).finish_non_exhaustive()
    }
}

/// Queues letters. The default one queues none: there is no mail server.
#[derive(Debug, Clone, Default)]
pub struct Notices(Option<Arc<Way>>);

#[derive(Debug)]
struct Way {
    store: SharedStore,
    clock: Arc<dyn Clock>,
    queue: Queue,
    trail: Trail,
    settings: Live,
}

impl Notices {
    /// Queues letters in `queue`, while `settings` name a server that takes them.
    pub fn by(store: SharedStore, clock: Arc<dyn Clock>, queue: Queue, trail: Trail, settings: Live) -> Self {
        Self(Some(Arc::new(Way { store, clock, queue, trail, settings })))
    }

    fn way(&self) -> Option<&Way> {
        self.0.as_deref().filter(|way| way.settings.now().mail.is_some())
    }

    /// Whether there is a mail server.
    pub fn are_sent(&self) -> bool {
        self.way().is_some()
    }

    /// Adds to `batch` the mail with a one-time code to the person's address, worth nothing from `until` on. How many may be
    /// sent is counted by the caller.
    pub fn send_code(
        &self,
        batch: &mut Batch,
        user: &User,
        letter: CodeLetter,
        until: Timestamp,
        origin: &Origin,
    ) {
        let (Some(way), Some(mail)) = (self.way(), &user.profile.mail) else { return };
        let subject = Subject::Code { letter, at: way.clock.now(), network: origin.address.map(network) };
        way.queue.put(batch, CODE_KIND, &Letter::to(user, mail.address.as_str(), subject), until);
    }

    /// Adds to `batch` the mail with a link to this address of a person, worth nothing from `until` on.
    pub async fn send_link(
        &self,
        batch: &mut Batch,
        (user, address): (&User, &MailAddress),
        letter: LinkLetter,
        until: Timestamp,
        origin: &Origin,
    ) -> Result<(), StorageError> {
        let Some(way) = self.way() else { return Ok(()) };
        let subject = Subject::Link { letter, at: way.clock.now(), network: origin.address.map(network) };
        way.put(batch, &Letter::to(user, address.as_str(), subject), until, origin).await.map(|_| ())
    }

    /// Adds to `batch` the mail that tells `user` of `notice`, if there is a mail server and a verified address.
    pub async fn tell(
        &self,
        batch: &mut Batch,
        user: &UserId,
        notice: Notice,
        origin: &Origin,
    ) -> Result<(), StorageError> {
        let Some(way) = self.way() else { return Ok(()) };
        let Some(user) = way.store.fetch::<User>(&user_key(user)).await? else { return Ok(()) };
        let mail = user.value.profile.mail.clone().filter(|mail| mail.verified);
        let addresses: Vec<_> = mail.iter().map(|mail| mail.address.as_str()).collect();
        self.tell_at(batch, &user.value, &addresses, notice, origin).await
    }

    /// The same, to these addresses of the person.
    pub async fn tell_at(
        &self,
        batch: &mut Batch,
        user: &User,
        addresses: &[&str],
        notice: Notice,
        origin: &Origin,
    ) -> Result<(), StorageError> {
        let Some(way) = self.way() else { return Ok(()) };
        let at = way.clock.now();
        for address in addresses {
            let notice = notice.clone();
            let subject = Subject::Notice { notice, at, network: origin.address.map(network) };
            way.put(batch, &Letter::to(user, address, subject), at.plus(NOTICE_LIFETIME), origin).await?;
        }
        Ok(())
    }

    /// Adds to `batch` the mail with the one-time link `invitation`, which is worth nothing from `until` on. Answers to
    /// which address it goes, if it does.
    pub async fn invite(
        &self,
        batch: &mut Batch,
        user: &User,
        invitation: &Plain<Invitation>,
        until: Timestamp,
    ) -> Result<Option<String>, StorageError> {
        let (Some(way), Some(mail)) = (self.way(), &user.profile.mail) else { return Ok(None) };
        let (address, subject) = (mail.address.as_str(), Subject::Invitation(invitation.expose().to_owned()));
        let letter = Letter::to(user, address, subject);
        let put = way.put(batch, &letter, until, &Origin::default()).await?;
        Ok(put.then(|| address.to_owned()))
    }
}

impl Way {
    /// Answers whether it was put: not if the person had too many mails already.
    async fn put(
        &self,
        batch: &mut Batch,
        letter: &Letter,
        until: Timestamp,
        origin: &Origin,
    ) -> Result<bool, StorageError> {
        let (counter, end) = counter(&letter.user, self.clock.now());
        let sent = self.store.counter(&counter).await?;
        if sent >= AN_HOUR {
            if sent == AN_HOUR {
                batch.add(counter, 1, Some(end));
                let event = self.trail.event(Action::Throttled, Outcome::Failure, origin);
                event.about(&letter.user).because("mail").write(batch);
            }
            return Ok(false);
        }
        batch.add(counter, 1, Some(end));
        self.queue.put(batch, KIND, letter, until);
        Ok(true)
    }
}

fn counter(user: &UserId, now: Timestamp) -> (Key, Timestamp) {
    let length = i64::try_from(HOUR.as_millis()).unwrap_or(i64::MAX);
    let hour = now.0.div_euclid(length);
    let end = Timestamp(hour.saturating_mul(length)).plus(HOUR);
    (Key::new("limit_mail", &[user.as_str(), &hour.to_string()]), end)
}
