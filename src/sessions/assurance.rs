//! How surely somebody is signed in at this moment: computed from fresh evidence each time it is needed, never stored as a
//! word at sign-in (R-SE-08, security requirements 4.2 to 4.4).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::factors::{Evidence, assurance};
use crate::foundation::Timestamp;
use crate::vocabulary::acr::Level;
use crate::vocabulary::amr::Method;

/// What fresh evidence adds up to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assurance {
    /// The level reached (`acr`).
    pub level: Level,
    /// The methods used (`amr`), in a fixed order.
    pub methods: Vec<Method>,
    /// The last active proof (`auth_time`).
    pub auth_time: Timestamp,
}

impl Assurance {
    /// What of `evidence` counts at `now`. A second factor older than `second_factor_max_age` no longer does; the first one
    /// counts as long as its session lives; a passkey is both, and then the first one alone.
    pub fn fresh(evidence: Vec<Evidence>, now: Timestamp, second_factor_max_age: Duration) -> Vec<Evidence> {
        let is_fresh = |proof: &Evidence| now.since(proof.at()) <= second_factor_max_age;
        let left = |proof: Evidence| if is_fresh(&proof) { Some(proof) } else { proof.aged() };
        evidence.into_iter().filter_map(left).collect()
    }

    /// What `fresh` evidence proves; `None` where that is nothing.
    pub fn of_fresh(fresh: &[Evidence]) -> Option<Self> {
        Some(Self {
            level: assurance::level(fresh)?,
            methods: assurance::amr(fresh),
            auth_time: assurance::auth_time(fresh)?,
        })
    }
}
