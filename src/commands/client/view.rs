//! Applications as administrators see them. Field names are stable: scripts read them.

use serde::{Deserialize, Serialize};

use crate::clients::{Client, Preset};
use crate::foundation::Timestamp;
use crate::foundation::ids::ClientId;

/// One application; never a secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Application {
    /// `client_id`.
    pub client_id: ClientId,
    /// Its name.
    pub name: String,
    /// The preset it was registered by.
    pub preset: Option<Preset>,
    /// Whether it is served.
    pub enabled: bool,
    /// Its own address.
    pub client_uri: Option<String>,
    /// Where answers may go.
    pub redirect_uris: Vec<String>,
    /// Where the browser may go after sign-out.
    pub post_logout_redirect_uris: Vec<String>,
    /// How it may authenticate.
    pub token_endpoint_auth_methods: Vec<String>,
    /// What it may ask for, space-separated.
    pub scope: String,
    /// Its live secrets, oldest first: until when each is good, `null` for as long as it is not replaced.
    pub secrets: Vec<Secret>,
    /// When it was registered (RFC 3339).
    pub created_at: String,
}

/// A live secret, of which only the end may be known.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Secret {
    /// RFC 3339.
    pub good_until: Option<String>,
}

impl Application {
    /// `client` at `now`.
    pub fn of(client: &Client, now: Timestamp) -> Self {
        let live = client.secrets.iter().filter(|secret| secret.expires.is_none_or(|end| end > now));
        Self {
            client_id: client.id.clone(),
            name: client.name.clone(),
            preset: client.preset,
            enabled: client.enabled,
            client_uri: client.client_uri.clone(),
            redirect_uris: client.redirect_uris.iter().map(|uri| uri.as_str().to_owned()).collect(),
            post_logout_redirect_uris: client.post_logout_redirect_uris.clone(),
            token_endpoint_auth_methods: client
                .authentication
                .iter()
                .map(|way| way.as_str().to_owned())
                .collect(),
            scope: client.scopes.to_string(),
            secrets: live
                .map(|secret| Secret { good_until: secret.expires.map(Timestamp::rfc3339) })
                .collect(),
            created_at: client.created_at.rfc3339(),
        }
    }
}
