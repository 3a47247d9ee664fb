//! Writes events into the batch of the change they tell of (R-AU-05).

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::event::{Action, Actor, Event, Origin, Outcome, Reason};
use crate::foundation::ids::{ClientId, CredentialId, EventId, SessionId, UserId};
use crate::foundation::{Clock, Random};
use crate::storage::{Batch, Key, SharedStore, StorageError};

/// How long events are kept unless configured otherwise: 400 days, a year and some weeks to look back.
pub const RETENTION: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// The trail's writer and reader.
#[derive(Debug, Clone)]
pub struct Trail {
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    retention: Duration,
}

/// An event under construction; [`Draft::write`] puts it into a batch.
#[derive(Debug)]
#[must_use = "an event exists only once it is written into a batch"]
pub struct Draft<'a> {
    pub(super) trail: &'a Trail,
    pub(super) event: Event,
}

impl Trail {
    /// A trail that keeps events for `retention`.
    pub fn new(clock: Arc<dyn Clock>, random: Arc<dyn Random>, retention: Duration) -> Self {
        Self { clock, random, retention }
    }

    /// Begins the event that `action` ended in `outcome`, by an unknown actor until one is named.
    pub fn event(&self, action: Action, outcome: Outcome, origin: &Origin) -> Draft<'_> {
        let event = Event {
            id: EventId::generate(self.random.as_ref()),
            at: self.clock.now(),
            action,
            outcome,
            actor: Actor::Anonymous,
            subject: None,
            client: None,
            credential: None,
            session: None,
            reason: None,
            origin: origin.clone(),
        };
        Draft { trail: self, event }
    }

    /// Events in order of time, after the key `after`, at most `limit`.
    pub async fn read(
        &self,
        store: &SharedStore,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Event)>, StorageError> {
        let found = store.scan(&Key::prefix("audit", &["event"]), after, limit).await?;
        found.into_iter().map(|(key, raw)| Ok((key, raw.decode::<Event>()?.value))).collect()
    }
}

impl Draft<'_> {
    /// Names who did it.
    pub fn by(mut self, actor: Actor) -> Self {
        self.event.actor = actor;
        self
    }

    /// Names whom it concerns.
    pub fn about(mut self, user: &UserId) -> Self {
        self.event.subject = Some(user.clone());
        self
    }

    /// Names the application.
    pub fn client(mut self, client: &ClientId) -> Self {
        self.event.client = Some(client.clone());
        self
    }

    /// Names the enrolled factor.
    pub fn credential(mut self, credential: &CredentialId) -> Self {
        self.event.credential = Some(credential.clone());
        self
    }

    /// Names the session, by a hash of its id (R-AU-02).
    pub fn session(mut self, session: &SessionId) -> Self {
        let hash = digest(&SHA256, session.as_str().as_bytes());
        self.event.session = Some(URL_SAFE_NO_PAD.encode(hash));
        self
    }

    /// Says why, in one of our own words.
    pub fn because(mut self, word: &'static str) -> Self {
        self.event.reason = Some(Reason::new(word));
        self
    }

    /// Puts the event into `batch`, to vanish after the retention.
    pub fn write(self, batch: &mut Batch) {
        self.event.count();
        let time = format!("{:016}", self.event.at.0.max(0));
        let key = Key::new("audit", &["event", &time, self.event.id.as_str()]);
        let expires = self.event.at.plus(self.trail.retention);
        batch.put(key, &self.event, Some(expires));
    }
}
