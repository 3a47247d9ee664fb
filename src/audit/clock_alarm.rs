//! The alarm when the machine's clock jumps (R-OP-11): a line in the log, a figure, and an event.

use std::time::Duration;

use super::event::{Action, Actor, Origin, Outcome};
use super::trail::Trail;
use crate::foundation::Timestamp;
use crate::storage::{Batch, SharedStore, StorageError};
use crate::telemetry::{ClockWatch, Jump, metrics};

/// Looks at the clock, which shows `now` after `passed` has gone by, and raises the alarm if it jumped.
pub async fn look(
    watch: &mut ClockWatch,
    now: Timestamp,
    passed: Duration,
    trail: &Trail,
    store: &SharedStore,
) -> Result<(), StorageError> {
    let (by, word) = match watch.look(now, passed) {
        None => return Ok(()),
        Some(Jump::Forward(by)) => (by, "forward"),
        Some(Jump::Backward(by)) => (by, "backward"),
    };
    tracing::warn!(
        seconds = by.as_secs(),
        direction = word,
        "the machine's clock jumped: lifetimes and lock-outs rest on it, so mend its source of time"
    );
    metrics::clock_jumped();
    let mut batch = Batch::new();
    let event = trail.event(Action::ClockJumped, Outcome::Success, &Origin::default());
    event.by(Actor::System).because(word).write(&mut batch);
    store.commit(batch).await.map(|_| ())
}
