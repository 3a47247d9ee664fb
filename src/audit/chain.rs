//! Links events into this node's chain, soon after the commit that wrote them: no request waits for it (R-AU-06).

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::block::{BEGINNING, Block, Checkpoint, Entry, Signer, digest_of};
use super::event::Event;
use super::search::search_keys;
use super::trail::{self, Trail, Unlinked};
use crate::foundation::ids::EventId;
use crate::foundation::{Clock, Timestamp};
use crate::sealing::Sealing;
use crate::storage::{Batch, Key, Raw, Record, SharedStore, StorageError, Stored};

/// Most events of one block, so that one commit holds it with all search keys.
pub const MOST_IN_BLOCK: usize = 150;

/// The chain: links, searches, verifies, and shortens the trail.
#[derive(Debug, Clone)]
pub struct Chain {
    pub(super) store: SharedStore,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) trail: Trail,
    pub(super) signer: Arc<Signer>,
    pub(super) keep: Duration,
    /// Held while old blocks are removed or everything is verified: either would trip over the other.
    pub(super) oldest: Arc<Mutex<()>>,
}

/// That an event stands where its search key says.
#[derive(Debug, Serialize, Deserialize)]
struct Found {}

impl Record for Found {}

impl Chain {
    /// The chain of this node; events are kept for `keep`.
    pub fn new(
        store: SharedStore,
        clock: Arc<dyn Clock>,
        trail: Trail,
        sealing: &Sealing,
        keep: Duration,
    ) -> Self {
        Self { store, clock, trail, signer: Arc::new(Signer::new(sealing)), keep, oldest: Arc::default() }
    }

    /// Links all events that wait. Trouble is logged; the next call tries again.
    pub async fn link_all(&self) {
        loop {
            match self.link().await {
                Ok(MOST_IN_BLOCK) => {}
                Ok(_) => return,
                Err(error) => return tracing::error!(%error, "audit events could not be linked"),
            }
        }
    }

    /// Links what is not linked yet, at most [`MOST_IN_BLOCK`] events in one commit; answers how many.
    pub async fn link(&self) -> Result<usize, StorageError> {
        // Before the markers: whoever links them meanwhile moves the head, and this commit is refused.
        let head = self.head().await?;
        let markers = self.store.scan(&trail::unlinked(), None, MOST_IN_BLOCK).await?;
        if markers.is_empty() {
            return Ok(0);
        }
        if head.is_none() {
            self.adopt().await?;
        }
        let named: Vec<_> = markers.iter().filter_map(|(key, _)| named(key)).collect();
        let keys: Vec<_> = named.iter().map(|(at, id)| trail::event_key(*at, id)).collect();
        let records = self.store.get(&keys).await?;
        let mut batch = Batch::new();
        for (marker, _) in &markers {
            batch.delete(marker.clone());
        }
        let (mut entries, mut events) = (Vec::with_capacity(named.len()), Vec::with_capacity(named.len()));
        for ((at, id), record) in named.into_iter().zip(records) {
            entries.push(entry(at, id, record, &mut batch, &mut events)?);
        }
        self.append(entries, head, &mut batch);
        if !self.store.commit(batch).await?.is_done() {
            // Another process linked them.
            return Ok(0);
        }
        events.iter().for_each(Event::tally);
        Ok(markers.len())
    }

    /// The newest checkpoint; `None` before anything was linked.
    pub async fn newest(&self) -> Result<Option<Checkpoint>, StorageError> {
        Ok(self.head().await?.map(|head| head.value))
    }

    pub(super) async fn head(&self) -> Result<Option<Stored<Checkpoint>>, StorageError> {
        self.store.fetch(&Checkpoint::key()).await
    }

    fn append(&self, entries: Vec<Entry>, head: Option<Stored<Checkpoint>>, batch: &mut Batch) {
        let (number, previous) = match head {
            Some(head) => {
                batch.require_revision(Checkpoint::key(), head.revision);
                (head.value.number.saturating_add(1), head.value.hash)
            }
            None => {
                batch.require_absent(Checkpoint::key());
                (1, BEGINNING.to_owned())
            }
        };
        let mut block = Block { at: self.clock.now(), previous, entries, signature: String::new() };
        let checkpoint = self.signer.sign_block(&mut block, number);
        batch.put(Block::key(number), &block, None).put(Checkpoint::key(), &checkpoint, None);
    }

    /// Events from before there was a chain get their markers, so that the retention alone removes them too.
    async fn adopt(&self) -> Result<(), StorageError> {
        let mut after = None;
        loop {
            let page = self.trail.read(&self.store, after.as_ref(), MOST_IN_BLOCK).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = Some(last.clone());
            let mut batch = Batch::new();
            batch.require_absent(Checkpoint::key());
            for (key, event) in &page {
                batch.put(key.clone(), event, None);
                batch.put(trail::unlinked_key(event.at, &event.id), &Unlinked {}, None);
            }
            if !self.store.commit(batch).await?.is_done() {
                return Ok(());
            }
        }
    }
}

/// The entry of an event, which joins `events` and whose search keys go into `batch`. One that is gone before it was linked leaves a digest of
/// nothing, which the verification reports.
fn entry(
    at: Timestamp,
    id: EventId,
    record: Option<Raw>,
    batch: &mut Batch,
    events: &mut Vec<Event>,
) -> Result<Entry, StorageError> {
    let Some(record) = record else {
        return Ok(Entry { at, id, digest: String::new() });
    };
    let digest = digest_of(&record.json);
    let event = record.decode::<Event>()?.value;
    for key in search_keys(&event) {
        batch.put(key, &Found {}, None);
    }
    events.push(event);
    Ok(Entry { at, id, digest })
}

/// Which event a marker, or an event's own key, names.
pub(super) fn named(key: &Key) -> Option<(Timestamp, EventId)> {
    let id = EventId::from_text(key.last_part());
    let text = key.to_string();
    let time = text.rsplit('/').nth(1)?;
    Some((Timestamp(time.parse().ok()?), id))
}
