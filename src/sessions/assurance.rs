//! How surely somebody is signed in: level, methods and time, computed from evidence each time they are needed, never stored
//! as a word at sign-in (R-SE-08, security requirements 4.2 to 4.4).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::factors::Evidence;
use crate::foundation::Timestamp;
use crate::vocabulary::acr::Level;
use crate::vocabulary::amr::Method;

/// What the evidence adds up to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assurance {
    /// The level reached (`acr`).
    pub level: Level,
    /// The methods used (`amr`), in a fixed order.
    pub methods: Vec<Method>,
    /// The last active proof (`auth_time`).
    pub auth_time: Timestamp,
}
