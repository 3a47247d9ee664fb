//! First of all: which client asks, and does the redirect URI belong to it? (R-AZ-01, R-AZ-02.)
//! A fault here is shown on our own page and never redirects.

use std::sync::Arc;

use super::request::ReturnAddress;
use crate::clients::Client;
use crate::foundation::ids::ClientId;
use crate::oidc::Oidc;
use crate::vocabulary::ResponseMode;
use crate::web::{Failure, Parameters};

/// The client and where its answer goes.
pub struct Target {
    /// The client.
    pub client: Arc<Client>,
    /// Where its answer goes.
    pub back: ReturnAddress,
}

impl Oidc {
    pub(super) async fn target(&self, parameters: &Parameters) -> Result<Target, Failure> {
        let unknown =
            || Failure::page("unknown_application", "authorize: client_id missing, repeated or unknown");
        let id = parameters.get("client_id").ok().flatten().ok_or_else(unknown)?;
        let client = self.clients.find(&ClientId::from_text(id)).await?.ok_or_else(unknown)?;
        let redirect_uri = self.redirect_uri(parameters, &client)?;
        let state = parameters.get("state").ok().flatten().map(str::to_owned);
        let back = ReturnAddress {
            client: client.id.clone(),
            redirect_uri,
            state,
            response_mode: response_mode(parameters, &client),
        };
        Ok(Target { client, back })
    }

    /// The administrator's log shows what came and what is registered: a wrong base address is the most common mistake.
    fn redirect_uri(&self, parameters: &Parameters, client: &Client) -> Result<String, Failure> {
        let presented = parameters.get("redirect_uri").ok().flatten();
        if let Some(uri) = presented.filter(|uri| client.admits_redirect_uri(uri)) {
            return Ok(uri.to_owned());
        }
        let registered: Vec<_> = client.redirect_uris.iter().map(|uri| uri.as_str()).collect();
        let seen: String = presented.unwrap_or("(missing or repeated)").chars().take(200).collect();
        tracing::warn!(client = client.id.as_str(), seen, ?registered, "redirect_uri is not registered");
        let failure = Failure::page("unregistered_redirect", "authorize: redirect_uri not registered");
        Err(failure.naming("application", client.name.clone()))
    }
}

/// As wished, where the client may; else the usual mode, or the client's first where it may not have that one (R-AZ-06).
fn response_mode(parameters: &Parameters, client: &Client) -> ResponseMode {
    let wished = parameters.get("response_mode").ok().flatten();
    let allowed = |mode: &ResponseMode| client.response_modes.contains(mode);
    wished
        .and_then(ResponseMode::parse)
        .filter(allowed)
        .or_else(|| Some(ResponseMode::default()).filter(allowed))
        .or_else(|| client.response_modes.first().copied())
        .unwrap_or_default()
}
