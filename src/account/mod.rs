//! Self-service: at present the home page, which shows who is signed in and signs out of everything.
//!
//! Must not: sign anybody in; that is the journey's.
//! Follows: security requirements R-SE-07, R-SE-11, R-TR-05.

pub mod home;
pub mod routes;

use std::sync::Arc;

use crate::clients::Clients;
use crate::journey::Journeys;
use crate::sessions::Sessions;
use crate::web::Web;

pub use routes::routes;

/// The account pages' collaborators.
#[derive(Debug)]
pub struct Accounts {
    pub(crate) web: Arc<Web>,
    pub(crate) journeys: Arc<Journeys>,
    pub(crate) clients: Clients,
    pub(crate) sessions: Sessions,
}
