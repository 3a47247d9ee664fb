//! Sign-in sessions: who is signed in in which browser, proved by what, and which applications took part; and in which
//! browsers a person signed in before.
//!
//! Must not: decide what proof is needed (journey) or tell applications of an end (oidc/logout).
//! Follows: security requirements R-SE-01 to R-SE-08, R-LO-04, R-LO-05, R-RL-04; OpenID Connect Front-Channel Logout section 3 (`sid`).

pub mod assurance;
pub mod cookie;
pub mod end;
pub mod known_device;
pub mod participant;
pub mod session;
pub mod store;

pub use assurance::Assurance;
pub use known_device::DeviceCookie;
pub use session::Session;
pub use store::{Live, StoredSession};

use std::sync::Arc;

use crate::config::{self, Live as LiveSettings};
use crate::foundation::ids::{SessionId, UserId};
use crate::foundation::{Clock, Random};
use crate::storage::{Kept, SharedStore};
use crate::users::User;

/// The sessions' collaborators.
#[derive(Debug, Clone)]
pub struct Sessions {
    store: SharedStore,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    settings: LiveSettings,
    kept: Arc<Kept<SessionId, Session>>,
    people: Arc<Kept<UserId, User>>,
}

impl Sessions {
    /// Built once, by the composition root.
    pub fn new(
        store: SharedStore,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        settings: LiveSettings,
    ) -> Self {
        Self { store, clock, random, settings, kept: Arc::default(), people: Arc::default() }
    }

    /// How long sessions last now.
    fn lifetimes(&self) -> config::sessions::Sessions {
        self.settings.now().sessions.clone()
    }
}
