//! The chain of this node: what it works with, and how it begins.
//!
//! It begins once for each store, when the store is opened for the first time: what stands in the trail by then, from a
//! version that knew no chain, is taken over as it stands. A sealed record tells of it ever after. Whoever removes the head, or
//! everything, brings no second beginning about: without a head nothing is linked, and where the keys folder holds a
//! checkpoint nothing is taken over.

use std::path::Path;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};

use super::block::{BEGINNING, Block, Checkpoint, NODE, Signer, Tombstone};
use super::event::Event;
use super::kept::Kept;
use super::linking::Progress;
use super::trail::{self, DIGITS, Trail};
use super::voucher::Voucher;
use crate::config::Live;
use crate::foundation::ids::EventId;
use crate::foundation::{Clock, Timestamp};
use crate::sealing::{Identity, Sealed, Sealing};
use crate::storage::{Batch, Key, Raw, Record, SharedStore, StorageError, Stored, aside};

const SEALED_AS: Identity<'static> = Identity { kind: "audit", field: "adopted", id: NODE };
const PAGE: usize = 150;

/// The chain: links, searches, verifies, and shortens the trail.
#[derive(Debug, Clone)]
pub struct Chain {
    pub(super) store: SharedStore,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) trail: Trail,
    pub(super) signer: Arc<Signer>,
    pub(super) settings: Live,
    pub(super) voucher: Voucher,
    pub(super) kept: Arc<Kept>,
    pub(super) progress: Arc<Mutex<Progress>>,
    /// Held while old blocks are removed or everything is verified: either would trip over the other.
    pub(super) oldest: Arc<tokio::sync::Mutex<()>>,
    sealing: Arc<Sealing>,
}

/// How the chain of this store began, so that it does not begin again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Beginning {
    pub(super) at: Timestamp,
    /// Events that stood there before, and were taken over.
    pub(super) events: u64,
}

/// A [`Beginning`], sealed.
#[derive(Debug, Serialize, Deserialize)]
struct Adopted {
    sealed: Sealed,
}

impl Record for Adopted {}

impl Chain {
    /// The chain of this node; `settings` say how long events are kept, and the newest checkpoint stands in `keys_folder`. The
    /// trail may write without the master key, the chain vouches for what it writes itself.
    pub fn new(
        store: SharedStore,
        clock: Arc<dyn Clock>,
        trail: Trail,
        sealing: &Arc<Sealing>,
        settings: Live,
        keys_folder: &Path,
    ) -> Self {
        Self {
            store,
            clock,
            trail: trail.vouched_by(sealing),
            signer: Arc::new(Signer::new(sealing)),
            voucher: Voucher::new(sealing),
            settings,
            kept: Arc::new(Kept::at(keys_folder)),
            progress: Arc::default(),
            oldest: Arc::default(),
            sealing: sealing.clone(),
        }
    }

    /// The newest checkpoint; number 0 before anything was linked, `None` if the chain has not begun or lost its head.
    pub async fn newest(&self) -> Result<Option<Checkpoint>, StorageError> {
        Ok(self.head().await?.map(|head| head.value))
    }

    pub(super) async fn head(&self) -> Result<Option<Stored<Checkpoint>>, StorageError> {
        self.store.fetch(&Checkpoint::key()).await
    }

    /// Begins the chain of a store that has none, before anything else is written to its trail. To be called at each opening.
    pub async fn begin(&self) -> Result<(), StorageError> {
        let found = self.store.get(&[adopted_key(), Checkpoint::key()]).await?;
        match found.as_slice() {
            [None, None] => self.adopt().await,
            [None, Some(_)] => {
                let mut batch = Batch::new();
                self.note(&mut batch, 0)?;
                self.store.commit(batch).await.map(|_| ())
            }
            _ => Ok(()),
        }
    }

    /// Events from before there was a chain get their markers, so that they are linked, and removed by the retention alone.
    async fn adopt(&self) -> Result<(), StorageError> {
        let remains = self.store.get(&[Block::key(1), Tombstone::key()]).await?;
        let events = !self.store.scan(&trail::events(), None, 1).await?.is_empty();
        if remains.iter().any(Option::is_some) || events && self.kept.stands() {
            tracing::error!("the audit chain of this store has lost its head and is not begun anew");
            return Ok(());
        }
        let (mut after, mut events) = (None, 0);
        loop {
            let page = self.store.scan(&trail::events(), after.as_ref(), PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            let mut batch = Batch::new();
            for (key, raw) in page {
                events += u64::from(self.take_over(&key, raw, &mut batch));
            }
            self.store.commit(batch).await?;
        }
        let mut batch = Batch::new();
        let head = self.signer.checkpoint(0, self.clock.now(), BEGINNING);
        batch.require_absent(Checkpoint::key()).put(Checkpoint::key(), &head, None);
        self.note(&mut batch, events)?;
        if self.store.commit(batch).await?.is_done() && events > 0 {
            tracing::warn!(events, "the audit trail of an earlier version was taken over as it stood");
        }
        Ok(())
    }

    /// Whether it could be read; what could not is set aside.
    fn take_over(&self, key: &Key, raw: Raw, batch: &mut Batch) -> bool {
        let (at, name) = (self.clock.now(), named(key));
        match (name, raw.clone().decode::<Event>()) {
            (Some((time, id)), Ok(event)) => {
                trail::put(batch, (time, &id), &event.value, Some(&self.voucher));
                true
            }
            _ => {
                tracing::error!(%key, "an event of an earlier version cannot be read; it was set aside");
                aside::set_aside(batch, key, Some(&raw), "it cannot be read", at);
                false
            }
        }
    }

    fn note(&self, batch: &mut Batch, events: u64) -> Result<(), StorageError> {
        let beginning = Beginning { at: self.clock.now(), events };
        let text =
            serde_json::to_vec(&beginning).map_err(|error| StorageError::Invalid(error.to_string()))?;
        let sealed = self.sealing.seal(SEALED_AS, &text);
        let sealed = sealed.map_err(|error| StorageError::Invalid(error.to_string()))?;
        batch.require_absent(adopted_key()).put(adopted_key(), &Adopted { sealed }, None);
        Ok(())
    }

    /// How the chain began; `Corrupt` where this is not told, or not by us.
    pub(super) async fn beginning(&self) -> Result<Beginning, StorageError> {
        let corrupt =
            |what: &str| StorageError::Corrupt(format!("the record of the chain's beginning {what}"));
        let stored =
            self.store.fetch::<Adopted>(&adopted_key()).await?.ok_or_else(|| corrupt("is missing"))?;
        let text = self.sealing.open(SEALED_AS, &stored.value.sealed).map_err(|_| corrupt("was forged"))?;
        serde_json::from_slice(&text).map_err(|_| corrupt("was forged"))
    }
}

fn adopted_key() -> Key {
    Key::new("audit", &["adopted", NODE])
}

/// Which event a marker, or an event's own key, names.
pub(super) fn named(key: &Key) -> Option<(Timestamp, EventId)> {
    let id = EventId::from_text(key.last_part());
    let text = key.to_string();
    let time = text.rsplit('/').nth(1).filter(|time| time.len() == DIGITS)?;
    Some((Timestamp(time.parse().ok()?), id))
}
