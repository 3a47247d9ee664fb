//! Removes what is older than the retention, the oldest blocks first, and leaves a signed tombstone on which the rest of the
//! chain stands (R-AU-06).
//!
//! A wrong clock must not erase the trail. So time that nobody sets paces this: nothing goes within a day of a start or of a
//! jump forward, and two days' worth of the trail at most in a day.

use std::time::Duration;

use super::block::{Block, Checkpoint, Entry, Tombstone};
use super::chain::Chain;
use super::event::{Action, Actor, Origin, Outcome};
use super::search::search_keys;
use crate::foundation::Timestamp;
use crate::storage::{Batch, StorageError, Stored};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// So much of the trail goes in one round.
const WORTH: Duration = Duration::from_secs(2 * 24 * 60 * 60);
/// Blocks and events together of one commit: with all search keys it stays within the limits of a batch.
const MOST_AT_ONCE: usize = 120;

/// When the next round may begin, by monotonic time.
#[derive(Debug)]
pub struct Pace(Duration);

impl Pace {
    /// Begins at a start, when `monotonic` has passed.
    pub fn new(monotonic: Duration) -> Self {
        Self(monotonic.saturating_add(DAY))
    }

    /// The clock has jumped forward, or a round was held: there is none for a day.
    pub fn hold(&mut self, monotonic: Duration) {
        *self = Self::new(monotonic);
    }
}

/// What one commit removes.
#[derive(Default)]
struct Removal {
    batch: Batch,
    last: Option<Checkpoint>,
    blocks: usize,
    events: usize,
}

impl Chain {
    /// Removes what is due, if it is time for a round; answers how many events. A round is one event itself. To be called now and
    /// then.
    pub async fn shorten(&self, pace: &mut Pace) -> Result<u64, StorageError> {
        let monotonic = self.clock.monotonic();
        if monotonic < pace.0 {
            return Ok(0);
        }
        let _alone = self.oldest.lock().await;
        let Some((oldest, newest)) = self.oldest_block().await? else { return Ok(0) };
        // A block goes whole, however long it spans.
        let worth = oldest.plus(WORTH).max(newest.plus(Duration::from_millis(1)));
        let due = self.clock.now().minus(self.settings.latest().audit.keep).min(worth);
        let mut removed = 0;
        while let Some(events) = self.remove_oldest(due, removed == 0).await? {
            removed += events;
            pace.hold(monotonic);
        }
        Ok(removed)
    }

    /// When the events of the oldest block were: the first and the last of them.
    async fn oldest_block(&self) -> Result<Option<(Timestamp, Timestamp)>, StorageError> {
        let next = self.tombstone().await?.map_or(1, |stone| stone.value.last.number.saturating_add(1));
        let Some(block) = self.store.fetch::<Block>(&Block::key(next)).await? else { return Ok(None) };
        let times = || block.value.entries.iter().map(|entry| entry.at);
        Ok(times().min().zip(times().max()))
    }

    /// Removes some of the oldest blocks, if all of them is from before `due`, in one commit with their tombstone.
    async fn remove_oldest(&self, due: Timestamp, first: bool) -> Result<Option<u64>, StorageError> {
        let stone = self.tombstone().await?;
        let mut next = stone.as_ref().map_or(1, |stone| stone.value.last.number.saturating_add(1));
        let mut removal = Removal::default();
        while removal.blocks + removal.events < MOST_AT_ONCE {
            let Some(block) = self.store.fetch::<Block>(&Block::key(next)).await? else { break };
            let room = MOST_AT_ONCE.saturating_sub(removal.blocks + removal.events);
            let fits = removal.blocks == 0 || block.value.entries.len() < room;
            if !fits || block.value.entries.iter().any(|entry| entry.at >= due) {
                break;
            }
            self.remove_block(next, &block, &mut removal).await?;
            next = next.saturating_add(1);
        }
        let Removal { mut batch, last: Some(last), events, .. } = removal else { return Ok(None) };
        let events = u64::try_from(events).unwrap_or(u64::MAX);
        self.bury(stone, last, events, &mut batch);
        if first {
            let event = self.trail.event(Action::TrailShortened, Outcome::Success, &Origin::default());
            event.by(Actor::System).because("retention").write(&mut batch);
        }
        Ok(self.store.commit(batch).await?.is_done().then_some(events))
    }

    async fn remove_block(
        &self,
        number: u64,
        block: &Stored<Block>,
        removal: &mut Removal,
    ) -> Result<(), StorageError> {
        let keys: Vec<_> = block.value.entries.iter().map(Entry::event_key).collect();
        for event in self.events(&keys).await? {
            for key in search_keys(&event) {
                removal.batch.delete(key);
            }
        }
        removal.batch.require_revision(Block::key(number), block.revision).delete(Block::key(number));
        removal.events += keys.len();
        removal.blocks += 1;
        for key in keys {
            removal.batch.delete(key);
        }
        removal.last = Some(block.value.checkpoint(number));
        Ok(())
    }

    fn bury(&self, stone: Option<Stored<Tombstone>>, last: Checkpoint, events: u64, batch: &mut Batch) {
        let earlier = match stone {
            Some(stone) => {
                batch.require_revision(Tombstone::key(), stone.revision);
                stone.value.events
            }
            None => {
                batch.require_absent(Tombstone::key());
                0
            }
        };
        let stone = self.signer.tombstone(last, earlier.saturating_add(events), self.clock.now());
        batch.put(Tombstone::key(), &stone, None);
    }

    pub(super) async fn tombstone(&self) -> Result<Option<Stored<Tombstone>>, StorageError> {
        self.store.fetch(&Tombstone::key()).await
    }
}
