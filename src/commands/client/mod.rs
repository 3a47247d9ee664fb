//! Applications: registered, looked at, given a new secret, removed.

pub mod add;
pub mod change;
pub mod look;
pub mod view;

use std::sync::Arc;

pub use add::Add;
pub use change::{Remove, RotateSecret};
pub use look::{List, Show};

use super::{Administrator, Refused};
use crate::audit::{Action, Origin, Outcome, Trail};
use crate::clients::{Client, Clients};
use crate::config::Site;
use crate::foundation::Clock;
use crate::foundation::ids::ClientId;
use crate::grants::Grants;
use crate::storage::Batch;

/// What commands about applications work with.
#[derive(Debug, Clone)]
pub struct Applications {
    /// The applications.
    pub clients: Clients,
    /// What people allowed them.
    pub grants: Grants,
    /// Under which address they find us.
    pub site: Arc<Site>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where events go.
    pub trail: Trail,
}

impl Applications {
    /// The application with this id, or with this name if only one has it.
    async fn named(&self, client: &str) -> Result<Client, Refused> {
        if let Some(found) = self.clients.by_id(&ClientId::from_text(client)).await? {
            return Ok(found);
        }
        let all = self.clients.list(None, look::MOST).await?;
        let mut called: Vec<_> = all.into_iter().filter(|known| known.name == client).collect();
        match (called.pop(), called.len()) {
            (Some(only), 0) => Ok(only),
            (Some(_), others) => Err(Refused::rule(format!(
                "{} applications are called {client:?}; name the one you mean by its client id: keyward client list",
                others + 1
            ))),
            (None, _) => Err(absent(client)),
        }
    }

    /// The event goes into the change's own batch (R-AU-05).
    fn note(&self, batch: &mut Batch, action: Action, by: &Administrator, client: &ClientId) {
        let event = self.trail.event(action, Outcome::Success, &Origin::default()).by(by.actor());
        event.client(client).write(batch);
    }
}

fn absent(client: &str) -> Refused {
    Refused::absent(format!("there is no application with the client id or name {client:?}"))
}
