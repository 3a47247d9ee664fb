//! Writes events into the batch of the change they tell of (R-AU-05).

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::block::NODE;
use super::event::{Action, Actor, Backup, Event, Origin, Outcome, Reason, ValueChange};
use super::voucher::Voucher;
use crate::foundation::ids::{ClientId, CredentialId, EventId, SessionId, UserId};
use crate::foundation::{Clock, Random, Timestamp};
use crate::sealing::Sealing;
use crate::storage::{Batch, Key, Raw, Record, SharedStore, StorageError};

/// The trail's writer and reader.
#[derive(Debug, Clone)]
pub struct Trail {
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    pub(super) untold: Arc<AtomicU64>,
    voucher: Option<Voucher>,
}

/// An event under construction; [`Draft::write`] puts it into a batch.
#[derive(Debug)]
#[must_use = "an event exists only once it is written into a batch"]
pub struct Draft<'a> {
    pub(super) trail: &'a Trail,
    pub(super) event: Event,
}

impl Trail {
    /// A trail without the master key: it reads, and what it writes is not linked, because nobody vouches for it.
    pub fn new(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { clock, random, untold: Arc::default(), voucher: None }
    }

    /// The same, vouching for what it writes.
    pub fn vouched_by(self, sealing: &Sealing) -> Self {
        Self { voucher: Some(Voucher::new(sealing)), ..self }
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
            group: None,
            credential: None,
            token: None,
            signing_key: None,
            session: None,
            reason: None,
            note: None,
            backup: None,
            count: None,
            changes: Vec::new(),
            changes_left_out: None,
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
        let found = store.scan(&events(), after, limit).await?;
        found.into_iter().map(|(key, raw)| Ok((key, raw.decode::<Event>()?.value))).collect()
    }

    /// When the first event at or after `moment` happened.
    pub async fn after(
        &self,
        store: &SharedStore,
        moment: Timestamp,
    ) -> Result<Option<Timestamp>, StorageError> {
        let before = Key::new("audit", &["event", &digits(moment)]);
        Ok(self.read(store, Some(&before), 1).await?.first().map(|(_, event)| event.at))
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

    /// Names the group.
    pub fn group(mut self, name: &str) -> Self {
        self.event.group = Some(name.to_owned());
        self
    }

    /// Names the enrolled factor.
    pub fn credential(mut self, credential: &CredentialId) -> Self {
        self.event.credential = Some(credential.clone());
        self
    }

    /// Names the hardware token by its serial number, where it is one.
    pub fn token(mut self, serial: Option<&str>) -> Self {
        self.event.token = serial.map(str::to_owned);
        self
    }

    /// Names the signing key by its `kid`.
    pub fn signing_key(mut self, kid: &str) -> Self {
        self.event.signing_key = Some(kid.to_owned());
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

    /// Says why, in the words of who does it; cut to 200 characters.
    pub fn note(mut self, words: &str) -> Self {
        self.event.note = Some(super::event::printable(words));
        self
    }

    /// Names the backup by the number of its store and its moment.
    pub fn backup(mut self, store: u64, made_at: Timestamp) -> Self {
        self.event.backup = Some(Backup { store: format!("{store:016x}"), made_at });
        self
    }

    /// Says how many or how much.
    pub fn count(mut self, number: u64) -> Self {
        self.event.count = Some(number);
        self
    }

    /// Says which values have changed, and how many more than these.
    pub fn changes(mut self, changes: Vec<ValueChange>, left_out: usize) -> Self {
        self.event.changes = changes;
        self.event.changes_left_out = u64::try_from(left_out).ok().filter(|left_out| *left_out > 0);
        self
    }

    /// Puts the event into `batch`, with the marker by which the chain finds it.
    pub fn write(self, batch: &mut Batch) {
        let Event { at, id, .. } = &self.event;
        put(batch, (*at, id), &self.event, self.trail.voucher.as_ref());
    }
}

/// Puts `event` at its place into `batch`, with its marker, vouched for by `voucher`.
pub(super) fn put(
    batch: &mut Batch,
    (at, id): (Timestamp, &EventId),
    event: &Event,
    voucher: Option<&Voucher>,
) {
    let (key, marker) = (event_key(at, id), unlinked_key(at, id));
    match Raw::of(event, 0, None) {
        Ok(record) => {
            let proof = voucher.map(|voucher| voucher.proof(&key, &record)).unwrap_or_default();
            batch.put_raw(key, record).put(marker, &Unlinked { proof }, None);
        }
        Err(error) => drop(batch.spoil(format_args!("{key}: {error}"))),
    }
}

/// That an event is not linked yet.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Unlinked {
    /// That the event was written by somebody who has the master key; empty where nobody vouched for it.
    #[serde(default)]
    pub(super) proof: String,
}

impl Record for Unlinked {}

/// All events, in order of time.
pub(super) fn events() -> Key {
    Key::prefix("audit", &["event"])
}

/// All events of this node that are not linked yet, in order of time.
pub(super) fn unlinked() -> Key {
    Key::prefix("audit", &["unlinked", NODE])
}

pub(super) fn event_key(at: Timestamp, id: &EventId) -> Key {
    Key::new("audit", &["event", &digits(at), id.as_str()])
}

pub(super) fn unlinked_key(at: Timestamp, id: &EventId) -> Key {
    Key::new("audit", &["unlinked", NODE, &digits(at), id.as_str()])
}

/// So many digits a time has in a key.
pub(super) const DIGITS: usize = 16;

/// A time whose order as text is the order of time.
pub(super) fn digits(at: Timestamp) -> String {
    format!("{:0DIGITS$}", at.0.max(0))
}
