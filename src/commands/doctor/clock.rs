//! Whether the machine's clock can be right: not before this program was written, nor before what happened already
//! (R-OP-11), and as late as that of whoever answers at the issuer's address. One-time codes and tokens depend on it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::HeaderMap;
use http::header::DATE;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::visit::{DISCOVERY, Visit};
use super::{Check, Finding};
use crate::audit::Trail;
use crate::foundation::{Clock, Timestamp};
use crate::storage::SharedStore;

/// So far ahead an event may lie, for a clock that was set a little.
const SLACK: Duration = Duration::from_secs(60);
/// So much two clocks may differ: the life of a one-time code (RFC 6238 section 5.2).
const APART: Duration = Duration::from_secs(30);
const MEND: &str = "set the machine's clock, best by a time service (NTP)";

/// The check.
#[derive(Debug)]
pub struct ClockIsRight {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// When this program was written.
    pub written: Timestamp,
    /// Where another clock is found.
    pub visit: Option<Visit>,
    /// Where events stand, each with its time, and who reads them.
    pub past: Option<(SharedStore, Trail)>,
}

#[async_trait]
impl Check for ClockIsRight {
    fn name(&self) -> &'static str {
        "clock"
    }

    async fn look(&self) -> Finding {
        let now = self.clock.now();
        if now < self.written {
            let what = format!("it is {}, which is before this program was written", now.rfc3339());
            return Finding::wrong(what, MEND);
        }
        match self.happened_ahead(now).await {
            Some(wrong) => wrong,
            None => self.compare().await,
        }
    }
}

impl ClockIsRight {
    async fn happened_ahead(&self, now: Timestamp) -> Option<Finding> {
        let (store, trail) = self.past.as_ref()?;
        match trail.after(store, now.plus(SLACK)).await {
            Ok(None) => None,
            Ok(Some(ahead)) => {
                let what = format!("it is {}, yet something happened at {}", now.rfc3339(), ahead.rfc3339());
                Some(Finding::wrong(what, MEND))
            }
            Err(error) => Some(Finding::wrong(error.to_string(), "see the check of the store")),
        }
    }

    async fn compare(&self) -> Finding {
        let before = self.clock.now();
        let other = self.other().await;
        let after = self.clock.now();
        let Some(other) = other else {
            return Finding::Well(format!("it is {}; no other clock could be asked", after.rfc3339()));
        };
        if other.plus(APART) < before || after.plus(APART) < other {
            let what = format!(
                "it is {} here, but {} on the machine that answers at the issuer's address",
                after.rfc3339(),
                other.rfc3339()
            );
            return Finding::wrong(what, "set the clocks of both machines, best by a time service (NTP)");
        }
        Finding::Well(format!(
            "it is {}, also on the machine that answers at the issuer's address",
            after.rfc3339()
        ))
    }

    /// What whoever answers at the issuer's address writes into `Date` (RFC 9110 section 6.6.1).
    async fn other(&self) -> Option<Timestamp> {
        let visit = self.visit.as_ref()?;
        let answer = visit.get(&visit.site.url(DISCOVERY), HeaderMap::new()).await.ok()?;
        let date = OffsetDateTime::parse(answer.headers.get(DATE)?.to_str().ok()?, &Rfc2822).ok()?;
        Some(Timestamp(date.unix_timestamp().saturating_mul(1000)))
    }
}
