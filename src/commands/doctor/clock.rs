//! Whether the machine's clock can be right: not before this program was written, nor before what happened already
//! (R-OP-11). One-time codes and tokens depend on it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{Check, Finding};
use crate::audit::Trail;
use crate::foundation::{Clock, Timestamp};
use crate::storage::SharedStore;

/// So far ahead an event may lie, for a clock that was set a little.
const SLACK: Duration = Duration::from_secs(60);

/// The check.
#[derive(Debug)]
pub struct ClockIsRight {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// When this program was written.
    pub written: Timestamp,
    /// Where events stand, each with its time.
    pub store: SharedStore,
    /// Reads them.
    pub trail: Trail,
}

#[async_trait]
impl Check for ClockIsRight {
    fn name(&self) -> &'static str {
        "clock"
    }

    async fn look(&self) -> Finding {
        let now = self.clock.now();
        let mend = "set the machine's clock, best by a time service (NTP)";
        if now < self.written {
            let what = format!("it is {}, which is before this program was written", now.rfc3339());
            return Finding::wrong(what, mend);
        }
        match self.trail.after(&self.store, now.plus(SLACK)).await {
            Ok(None) => Finding::Well(format!("it is {}, after all that happened so far", now.rfc3339())),
            Ok(Some(ahead)) => {
                let what = format!("it is {}, yet something happened at {}", now.rfc3339(), ahead.rfc3339());
                Finding::wrong(what, mend)
            }
            Err(error) => Finding::wrong(error.to_string(), "see the check of the store"),
        }
    }
}
