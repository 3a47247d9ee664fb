//! Judges whether events stand in the chain where their times belong.
//!
//! An event is written before its block, and after those of the block before. What may lie between: the time a request takes
//! before its commit, and the minute that the linking may lag. A jump of the clock excuses what stands around it.

use std::time::Duration;

use super::event::{Action, Event};
use crate::foundation::Timestamp;
use crate::foundation::ids::EventId;

/// So much an event may be out of its place.
const LAG: Duration = Duration::from_secs(5 * 60);
/// So long a clock may have gone wrong before a start noticed.
const UNNOTICED: Duration = Duration::from_secs(24 * 60 * 60);

/// An event whose time is not that of its place.
#[derive(Debug)]
pub(super) struct Misplaced {
    pub(super) id: EventId,
    pub(super) block: u64,
    /// From the one time to the other.
    from: Timestamp,
    to: Timestamp,
}

/// A jump back of the clock: told at `at`, by that clock.
#[derive(Debug)]
struct Back {
    at: Timestamp,
    by: Duration,
}

/// What was seen so far, block by block.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// The newest event of the block before.
    before: Option<Timestamp>,
    newest: Option<Timestamp>,
    block: u64,
    suspects: Vec<Misplaced>,
    jumps: Vec<Back>,
}

impl Order {
    /// An event of `block`, which was linked at `linked`.
    pub(super) fn event(&mut self, event: &Event, block: u64, linked: Timestamp) {
        if block != self.block {
            (self.before, self.block) = (self.newest.take().or(self.before), block);
        }
        self.newest = self.newest.max(Some(event.at));
        if event.action == Action::ClockJumped
            && event.reason.as_ref().is_some_and(|reason| reason.as_str() == "backward")
        {
            let by = Duration::from_secs(event.count.unwrap_or_default());
            self.jumps.push(Back { at: event.at, by });
        }
        let mut suspect = |from: Timestamp, to: Timestamp| {
            if to.since(from) > LAG {
                self.suspects.push(Misplaced { id: event.id.clone(), block, from, to });
            }
        };
        suspect(linked, event.at);
        if let Some(before) = self.before {
            suspect(event.at, before);
        }
    }

    /// Those that no jump of the clock excuses.
    pub(super) fn misplaced(self) -> impl Iterator<Item = Misplaced> {
        let Self { suspects, jumps, .. } = self;
        suspects.into_iter().filter(move |suspect| {
            !jumps.iter().any(|jump| {
                suspect.from >= jump.at.minus(UNNOTICED) && suspect.to <= jump.at.plus(jump.by).plus(LAG)
            })
        })
    }
}
