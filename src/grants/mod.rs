//! What a person allowed a client: remembered consent, and the access tokens that came of it.
//!
//! Must not: decide whether a person may sign in, or speak HTTP.
//! Follows: OpenID Connect Core section 3.1.2.4 (consent), RFC 6750 (access tokens), R-TK-06, R-TK-16, R-UI-02.

pub mod access_token;
pub mod consent;

use crate::storage::SharedStore;

pub use access_token::AccessGrant;
pub use consent::Consent;

/// The grants' collaborators.
#[derive(Debug, Clone)]
pub struct Grants {
    store: SharedStore,
}

impl Grants {
    /// Built once, by the composition root.
    pub fn new(store: SharedStore) -> Self {
        Self { store }
    }
}
