//! The applications that may ask us to sign people in, and what each may do.
//!
//! Must not: decide about people, or speak a protocol.
//! Follows: OpenID Connect Dynamic Client Registration section 2, RFC 9700 (redirect URIs, PKCE),
//! security requirements R-AZ-02 to R-AZ-07, R-TK-02 to R-TK-04, R-LO-03, R-LO-09.

pub mod client;
pub mod faults;
pub mod presets;
pub mod redirect_uri;
pub mod registration;
pub mod rotation;
pub mod store;

pub use client::{Client, StoredSecret};
pub use presets::Preset;
pub use redirect_uri::RedirectUri;
pub use registration::RegistrationError;

use std::sync::Arc;

use crate::config::Site;
use crate::foundation::ids::ClientId;
use crate::foundation::{Clock, Random};
use crate::storage::{Generations, Kept, SharedStore};

/// The clients' collaborators.
#[derive(Debug, Clone)]
pub struct Clients {
    pub(crate) store: SharedStore,
    pub(crate) site: Arc<Site>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    generations: Generations,
    kept: Arc<Kept<ClientId, Client>>,
}

impl Clients {
    /// Built once, by the composition root.
    pub fn new(store: SharedStore, site: Arc<Site>, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        let generations = Generations::new(store.clone());
        Self { store, site, clock, random, generations, kept: Arc::default() }
    }
}
