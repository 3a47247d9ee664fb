//! Sends the letters that wait: finds their words, and hands them to the mail server. A letter whose purpose has ended is
//! dropped (R-OB-06).

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::address::is_good;
use super::invitation::Purpose;
use super::{Invitations, MailedLinks};
use crate::audit::{Action, Actor, Origin, Outcome, Trail};
use crate::config::{Live, Site};
use crate::delivery::{DeliveryError, Email, Message};
use crate::factors::MailCodes;
use crate::foundation::secret::{Hidden, Plain};
use crate::foundation::{Clock, Timestamp};
use crate::jobs::{Handler, Job, Verdict};
use crate::pages::Pages;
use crate::pages::link_mail::{self, LinkMail};
use crate::pages::mails::{Addressee, Mail};
use crate::storage::{Batch, SharedStore};
use crate::telemetry::health::Check;
use crate::telemetry::metrics;
use crate::users::notices::{CodeLetter, Letter, LinkLetter, Subject};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * 60;

/// What sending letters takes.
#[derive(Clone)]
pub struct Post {
    /// The way to the mail server; without one letters wait until there is one again, or their time is over.
    pub way: Way,
    /// The words.
    pub pages: Arc<Pages>,
    /// Under which address links begin.
    pub site: Arc<Site>,
    /// Whether a link is still good.
    pub invitations: Invitations,
    /// Whether a link that was asked for is still good.
    pub links: MailedLinks,
    /// Whether a code still waits for an answer.
    pub mail_codes: MailCodes,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The store.
    pub store: SharedStore,
    /// Where it is noted that a mail could not be delivered.
    pub trail: Trail,
}

impl std::fmt::Debug for Post {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "post by {:?}", self.way)
    }
}

/// The way to the mail server that is configured now, made anew when another configuration counts. As a check it says what is
/// wrong with it, as far as the last try could tell.
#[derive(Debug, Clone)]
pub struct Way {
    settings: Live,
    made: Arc<Mutex<Option<Made>>>,
    trouble: Arc<Mutex<Option<Trouble>>>,
}

/// The way, and of which generation its settings are.
type Made = (u64, Option<Email>);

/// Under which generation the last try failed, and the sentence.
type Trouble = (u64, String);

impl Way {
    /// The way that `settings` name at each moment.
    pub fn new(settings: Live) -> Self {
        Self { settings, made: Arc::default(), trouble: Arc::default() }
    }

    /// The present one; `None` where no mail server is configured.
    ///
    /// # Errors
    /// What it is made of cannot be used.
    pub fn present(&self) -> Result<Option<Email>, DeliveryError> {
        let settings = self.settings.now();
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((generation, email)) = made.as_ref()
            && *generation == settings.generation
        {
            return Ok(email.clone());
        }
        let email = settings.mail.as_ref().map(Email::new).transpose()?;
        *made = Some((settings.generation, email.clone()));
        Ok(email)
    }

    /// Notes how a try went. Whether the way is blocked now that was free, or free that was blocked.
    fn note(&self, failure: Option<String>) -> bool {
        let generation = self.settings.now().generation;
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let was_blocked = trouble.is_some();
        *trouble = failure.map(|sentence| (generation, sentence));
        was_blocked != trouble.is_some()
    }

    fn per_hour(&self) -> u64 {
        self.settings.now().mail.as_ref().map_or(u64::MAX, |mail| mail.per_hour)
    }
}

#[async_trait]
impl Check for Way {
    async fn check(&self) -> Result<(), String> {
        let generation = self.settings.now().generation;
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let present = trouble.filter(|(tried, _)| *tried == generation);
        present.map_or(Ok(()), |(_, sentence)| Err(sentence))
    }
}

impl Post {
    /// What the letter says now; `None` if its purpose has ended.
    async fn mail(&self, letter: &Letter, job: &Job) -> Result<Option<Mail>, String> {
        match &letter.subject {
            Subject::Notice { notice, at, network } => {
                let (notice, network) = (notice.clone(), network.clone());
                Ok(Some(Mail::Notice { notice, at: for_people(*at), network }))
            }
            Subject::Code { letter: code, at, network } => {
                self.code(letter, code, job).await.map(|minutes| {
                    minutes.map(|minutes| Mail::Code {
                        code: in_groups(&code.code),
                        minutes,
                        application: code.application.clone(),
                        at: for_people(*at),
                        network: network.clone(),
                    })
                })
            }
            Subject::Link { letter, at, network } => self.link(letter, (*at, network.clone()), job).await,
            Subject::Invitation(secret) => {
                let invitation = Plain::parse(secret).ok_or("the invitation is none")?;
                let found = self.invitations.find(&invitation).await.map_err(|error| error.to_string())?;
                let link = self.site.url(&format!("/invitation/{secret}"));
                let left = job.until.since(self.clock.now()).as_secs();
                Ok(found.map(|found| Mail::Invitation {
                    password: found.purpose == Purpose::PasswordAndFactor,
                    link,
                    hours: left.div_ceil(HOUR),
                }))
            }
        }
    }

    /// The mail with a link that was asked for; `None` if it is not good any more.
    async fn link(
        &self,
        letter: &LinkLetter,
        (at, network): (Timestamp, Option<String>),
        job: &Job,
    ) -> Result<Option<Mail>, String> {
        if !is_good(&self.links, &letter.secret).await.map_err(|error| error.to_string())? {
            return Ok(None);
        }
        let unit = if letter.purpose == link_mail::Purpose::Password { MINUTE } else { HOUR };
        Ok(Some(Mail::Link(LinkMail {
            purpose: letter.purpose,
            link: self.site.url(&format!("{}{}", letter.purpose.path(), letter.secret)),
            address: letter.address.clone(),
            count: job.until.since(self.clock.now()).as_secs().div_ceil(unit),
            at: for_people(at),
            network,
        })))
    }

    /// For how many minutes a one-time code is still good; `None` if it was used or replaced.
    async fn code(&self, letter: &Letter, code: &CodeLetter, job: &Job) -> Result<Option<u64>, String> {
        let typed = Hidden::new(&code.code);
        let awaited = self.mail_codes.is_awaited(&code.journey, &letter.user, &typed).await;
        let left = job.until.since(self.clock.now()).as_secs();
        awaited.map(|awaited| awaited.then(|| left.div_ceil(MINUTE))).map_err(|error| error.to_string())
    }

    fn message(&self, letter: &Letter, mail: &Mail, job: &Job) -> Result<Message, String> {
        let to = Addressee {
            name: letter.name.clone(),
            username: letter.username.clone(),
            language: letter.language.clone(),
        };
        let rendered = self.pages.mail(mail, &to)?;
        Ok(Message {
            id: job.id.as_str().to_owned(),
            sender_name: self.pages.organisation(),
            recipient: letter.address.clone(),
            recipient_name: Some(letter.name.clone()),
            subject: rendered.subject,
            text: rendered.text,
            html: rendered.html,
            written_at: job.queued_at,
        })
    }

    async fn send(&self, message: &Message) -> Verdict {
        let sent = match self.way.present() {
            Ok(None) => return Verdict::Later("no mail server is configured any more".to_owned()),
            Ok(Some(email)) => email.send(message).await,
            Err(error) => Err(error),
        };
        match sent {
            Ok(()) => {
                if self.way.note(None) {
                    tracing::info!("mail goes out again");
                    self.tell(Action::MailDown, Outcome::Success).await;
                }
                Verdict::Done
            }
            Err(error) if error.is_permanent() => Verdict::Never(error.to_string()),
            Err(error) => {
                if error.is_of_server() && self.way.note(Some(error.to_string())) {
                    tracing::error!(%error, "mail does not go out; it is tried again until its time is over");
                    self.tell(Action::MailDown, Outcome::Failure).await;
                }
                Verdict::Later(error.to_string())
            }
        }
    }

    /// Raises the alarm, or ends it: in the trail, and so for monitoring, too.
    async fn tell(&self, action: Action, outcome: Outcome) {
        metrics::mail_is_down(outcome == Outcome::Failure);
        let mut batch = Batch::new();
        self.trail.event(action, outcome, &Origin::default()).by(Actor::System).write(&mut batch);
        if let Err(error) = self.store.commit(batch).await {
            tracing::error!(%error, "that mail does not go out, or does again, could not be written down");
        }
    }
}

#[async_trait]
impl Handler for Post {
    async fn carry_out(&self, job: &Job) -> Verdict {
        let letter: Letter = match serde_json::from_slice(&job.data) {
            Ok(letter) => letter,
            Err(error) => return Verdict::Never(format!("it cannot be read: {error}")),
        };
        let mail = match self.mail(&letter, job).await {
            Ok(Some(mail)) => mail,
            Ok(None) => {
                return Verdict::NotNeeded("its link or code was used, or replaced by a newer one");
            }
            Err(why) => return Verdict::Later(why),
        };
        match self.message(&letter, &mail, job) {
            Ok(message) => self.send(&message).await,
            Err(why) => Verdict::Later(why),
        }
    }

    fn given_up(&self, job: &Job, batch: &mut Batch) {
        let event = self.trail.event(Action::MailUndelivered, Outcome::Failure, &Origin::default());
        let event = event.by(Actor::System);
        match serde_json::from_slice::<Letter>(&job.data) {
            Ok(letter) => {
                let word = match letter.subject {
                    Subject::Invitation(_) => "invitation",
                    Subject::Code { .. } => "code",
                    Subject::Link { .. } => "link",
                    Subject::Notice { .. } => "notice",
                };
                event.about(&letter.user).because(word).write(batch);
            }
            Err(_) => event.write(batch),
        }
    }

    fn per_hour(&self) -> u64 {
        self.way.per_hour()
    }
}

/// In two halves, easy to read and to remember.
fn in_groups(code: &str) -> String {
    code.split_at_checked(code.len() / 2)
        .map_or_else(|| code.to_owned(), |(one, other)| format!("{one} {other}"))
}

/// Date and time to the minute, in UTC: nobody's time zone is known for sure.
pub fn for_people(at: Timestamp) -> String {
    use time::format_description::well_known::Rfc3339;
    let moment = time::OffsetDateTime::from_unix_timestamp(at.seconds()).ok();
    let text = moment.and_then(|moment| moment.format(&Rfc3339).ok()).unwrap_or_default();
    format!("{} UTC", text.get(..16).unwrap_or_default().replace('T', " "))
}
