//! How many tries one source may make in a stretch of time: an address class, an application, everybody (R-RL-01, R-RL-03).

use std::time::Duration;

use super::Throttled;
use crate::foundation::Timestamp;
use crate::storage::{Batch, Key};

/// The source that is everybody.
pub const EVERYBODY: &str = "everybody";

/// A limit of `bound` tries in each fixed window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// What is limited; part of the counter's key.
    pub name: &'static str,
    /// Tries allowed in one window.
    pub bound: u64,
    /// The window's length.
    pub window: Duration,
}

impl RateLimit {
    /// Where the counter of this window stands.
    pub fn key(&self, source: &str, now: Timestamp) -> Key {
        let window = self.start(now).to_string();
        Key::new("limit_rate", &[self.name, source, &window])
    }

    /// Counts one try in `batch`, refusing it at the bound. The precondition is the batch's next one.
    pub fn count(&self, source: &str, now: Timestamp, batch: &mut Batch) {
        let key = self.key(source, now);
        batch.require_counter_below(key.clone(), self.bound).add(key, 1, Some(self.end(now)));
    }

    /// Gives back a try that was counted at `counted`.
    pub fn give_back(&self, source: &str, counted: Timestamp, batch: &mut Batch) {
        batch.add(self.key(source, counted), -1, Some(self.end(counted)));
    }

    /// What to answer at the bound.
    pub fn refusal(&self, now: Timestamp) -> Throttled {
        Throttled::after(self.end(now).since(now))
    }

    fn length(&self) -> i64 {
        i64::try_from(self.window.as_millis()).unwrap_or(i64::MAX).max(1)
    }

    fn start(&self, now: Timestamp) -> i64 {
        now.0.div_euclid(self.length()).saturating_mul(self.length())
    }

    fn end(&self, now: Timestamp) -> Timestamp {
        Timestamp(self.start(now)).plus(self.window)
    }
}
