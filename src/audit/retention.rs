//! Removes what is older than the retention, the oldest blocks first, and leaves a signed tombstone on which the rest of the
//! chain stands (R-AU-06).

use std::time::Duration;

use super::block::{Block, Checkpoint, Entry, Tombstone};
use super::chain::Chain;
use super::event::{Action, Actor, Origin, Outcome};
use super::search::search_keys;
use crate::foundation::Timestamp;
use crate::storage::{Batch, StorageError, Stored};

/// How far beyond the retention the oldest block must be before a round begins: so there is one a day at most.
const SLACK: Duration = Duration::from_secs(24 * 60 * 60);
/// Blocks and events together of one commit: with all search keys it stays within the limits of a batch.
const MOST_AT_ONCE: usize = 120;

/// What one commit removes.
#[derive(Default)]
struct Removal {
    batch: Batch,
    last: Option<Checkpoint>,
    blocks: usize,
    events: usize,
}

impl Chain {
    /// Removes what is due; answers how many events. A round is one event itself. To be called now and then.
    pub async fn shorten(&self) -> Result<u64, StorageError> {
        let _alone = self.oldest.lock().await;
        let now = self.clock.now();
        let mut removed = 0;
        let keep = self.settings.latest().audit.keep;
        let mut due = now.minus(keep).minus(SLACK);
        while let Some(events) = self.remove_oldest(due, removed == 0).await? {
            removed += events;
            due = now.minus(keep);
        }
        Ok(removed)
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
