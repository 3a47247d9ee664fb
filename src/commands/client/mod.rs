//! Applications: registered, looked at, given a new secret, removed.

pub mod add;

use std::sync::Arc;

pub use add::Add;

use crate::audit::{Action, Origin, Outcome, Trail};
use crate::clients::Clients;
use crate::commands::Administrator;
use crate::config::Site;
use crate::foundation::Clock;
use crate::foundation::ids::ClientId;
use crate::storage::Batch;

/// What commands about applications work with.
#[derive(Debug, Clone)]
pub struct Applications {
    /// The applications.
    pub clients: Clients,
    /// Under which address they find us.
    pub site: Arc<Site>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where events go.
    pub trail: Trail,
}

impl Applications {
    /// The event goes into the change's own batch (R-AU-05).
    fn note(&self, batch: &mut Batch, action: Action, by: &Administrator, client: &ClientId) {
        let event = self.trail.event(action, Outcome::Success, &Origin::default()).by(by.actor());
        event.client(client).write(batch);
    }
}
