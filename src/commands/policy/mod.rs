//! What policy asks of whom: explained, and tried in advance.
//!
//! Must not: decide anything itself; that is `journey::prospect`, by the same rules as a sign-in.

pub mod blocked;
pub mod explain;

pub use blocked::WhoIsBlocked;
pub use explain::Explain;

use crate::clients::Clients;
use crate::config::Live;
use crate::journey;
use crate::users::Users;

/// What these commands work with.
#[derive(Debug, Clone)]
pub struct Sight {
    /// The settings that count now.
    pub settings: Live,
    /// People.
    pub users: Users,
    /// What a decision must know of them.
    pub people: journey::People,
    /// Applications.
    pub clients: Clients,
}
