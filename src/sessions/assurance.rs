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
    /// What `evidence` proves at `now`. A second factor older than `second_factor_max_age` no longer counts; the first one
    /// counts as long as its session lives; a passkey is both, and then the first one alone. `None` where nothing is proved.
    pub fn of(evidence: &[Evidence], now: Timestamp, second_factor_max_age: Duration) -> Option<Self> {
        let is_fresh = |proof: &Evidence| now.since(proof.at()) <= second_factor_max_age;
        let left = |proof: &Evidence| if is_fresh(proof) { Some(proof.clone()) } else { proof.aged() };
        let fresh: Vec<_> = evidence.iter().filter_map(left).collect();
        Some(Self {
            level: assurance::level(&fresh)?,
            methods: assurance::amr(&fresh),
            auth_time: assurance::auth_time(&fresh)?,
        })
    }
}
