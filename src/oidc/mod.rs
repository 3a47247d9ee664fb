//! The OpenID provider's endpoints.
//!
//! | standard | file |
//! |---|---|
//! | OpenID Connect Discovery 1.0, RFC 8414 | `discovery.rs` |
//! | RFC 7517 (JWK set) | `jwks.rs` |
//! | OpenID Connect Core 1.0 section 3.1.2, RFC 6749 section 4.1.1, RFC 7636, RFC 9207 | `authorize/` |
//! | Form Post Response Mode 1.0 | `authorize/respond.rs` |
//! | OpenID Connect Core 1.0 section 3.1.3, RFC 6749 section 4.1.3 | `token/` |
//! | RFC 6749 section 2.3.1 (client authentication) | `client_auth.rs` |
//! | OpenID Connect Core 1.0 section 2 (ID token) | `issue.rs` |
//! | OpenID Connect Core 1.0 section 5.3, RFC 6750 | `userinfo.rs` |
//! | OpenID Connect RP-Initiated Logout 1.0 | `logout/end_session.rs` |
//! | OpenID Connect Front-Channel Logout 1.0 | `logout/front_channel.rs` |
//!
//! Must not: decide who somebody is (journey), or remember anything but codes and logout plans.
//! Follows: security requirements R-AZ, R-TK, R-UI, R-LO.

pub mod authorize;
pub mod client_auth;
pub mod cross_site;
pub mod discovery;
pub mod issue;
pub mod jwks;
pub mod logout;
pub mod paths;
pub mod refusal;
pub mod routes;
pub mod store;
pub mod token;
pub mod userinfo;

use std::sync::Arc;

use crate::audit::Trail;
use crate::clients::Clients;
use crate::config::Site;
use crate::foundation::{Clock, Random};
use crate::grants::Grants;
use crate::journey::Journeys;
use crate::keys::Keyring;
use crate::limits::ApplicationLimit;
use crate::sessions::Sessions;
use crate::storage::SharedStore;
use crate::users::Users;
use crate::web::Web;

pub use authorize::Answers;
pub use routes::routes;

/// The provider's collaborators.
#[derive(Debug)]
pub struct Oidc {
    pub(crate) site: Arc<Site>,
    pub(crate) store: SharedStore,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) trail: Trail,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) limit: ApplicationLimit,
    pub(crate) clients: Clients,
    pub(crate) users: Users,
    pub(crate) grants: Grants,
    pub(crate) sessions: Sessions,
    pub(crate) journeys: Arc<Journeys>,
    pub(crate) web: Arc<Web>,
    pub(crate) answers: Arc<Answers>,
}
