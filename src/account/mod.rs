//! Self-service: the home page with the applications, and the portal at `/account`, in which people see and change what is theirs.
//!
//! Must not: sign anybody in; that is the journey's.
//! Follows: security requirements R-PO-01 to R-PO-03, R-PW-08, R-RC-01 to R-RC-03, R-SE-05, R-SE-07, R-SE-11, R-SE-12, R-EN-01, R-EN-07, R-RC-04, R-TR-05.

mod browser_name;
mod consents;
mod events;
mod factors;
mod forgotten;
pub mod home;
mod mail;
mod new_app;
mod new_key;
mod overview;
mod password;
pub mod portal;
mod profile;
mod recovery_codes;
pub mod routes;
mod sessions;

use std::sync::Arc;
use std::time::Duration;

use crate::audit::Chain;
use crate::clients::Clients;
use crate::factors::{Passkeys, Registry};
use crate::journey::Journeys;
use crate::lifecycle::{MailedLinks, PasswordResets};
use crate::oidc::Oidc;
use crate::sessions::Sessions;
use crate::storage::Batch;
use crate::web::{Failure, Web};

pub use routes::routes;

/// The account pages' collaborators.
#[derive(Debug)]
pub struct Accounts {
    pub(crate) web: Arc<Web>,
    pub(crate) journeys: Arc<Journeys>,
    pub(crate) clients: Clients,
    pub(crate) sessions: Sessions,
    pub(crate) factors: Registry,
    pub(crate) passkeys: Passkeys,
    pub(crate) chain: Chain,
    pub(crate) links: MailedLinks,
    pub(crate) resets: PasswordResets,
    pub(crate) oidc: Arc<Oidc>,
}

impl Accounts {
    /// Commits a change; refused where the session or the person changed at the same moment.
    async fn commit(&self, batch: Batch) -> Result<(), Failure> {
        let done = self.journeys.store.commit(batch).await?.is_done();
        let changed =
            || Failure::unavailable(Duration::from_secs(1), "the session or person changed meanwhile");
        if done { Ok(()) } else { Err(changed()) }
    }
}
