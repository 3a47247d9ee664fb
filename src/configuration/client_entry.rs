//! A client as files show it, and as it is remembered.

use super::model::ClientEntry;
use super::reference::Reference;
use crate::clients::{Client, Preset};
use crate::config::Site;
use crate::vocabulary::ClientMetadata;

impl ClientEntry {
    /// `client` as a file shows it, everything written out.
    pub fn of(client: &Client) -> Self {
        let uris = client.redirect_uris.iter().map(|uri| uri.as_str().to_owned());
        Self {
            client_name: Some(client.name.clone()),
            preset: client.preset,
            base_url: None,
            enabled: Some(client.enabled),
            client_secret: (!client.is_public()).then_some(Reference::Set),
            token_endpoint_auth_methods: Some(client.authentication.clone()),
            application_type: Some(if client.native { "native" } else { "web" }.to_owned()),
            redirect_uris: Some(uris.collect()),
            post_logout_redirect_uris: Some(client.post_logout_redirect_uris.clone()),
            frontchannel_logout_uri: client.frontchannel_logout_uri.clone(),
            initiate_login_uri: client.initiate_login_uri.clone(),
            client_uri: client.client_uri.clone(),
            id_token_signed_response_alg: Some(client.signing_algorithm),
            scope: Some(client.scopes.to_string()),
            response_modes: Some(client.response_modes.clone()),
            unbound: Some(client.unbound),
            pkce_required: Some(client.pkce_required),
            consent_skipped: Some(client.consent_skipped),
            logout_aliases: Some(client.logout_aliases),
            empty_groups_allowed: Some(client.empty_groups_allowed),
            allowed_groups: client.allowed_groups.clone(),
            contacts: Some(client.contacts.clone()),
        }
    }

    /// The metadata to register, for the client `id`. The error names the member at fault.
    pub fn metadata(&self, id: &str, site: &Site) -> Result<ClientMetadata, (&'static str, String)> {
        let entry = self.clone();
        let usual = self.usual(site)?;
        Ok(ClientMetadata {
            client_id: Some(id.to_owned()),
            client_secret: None,
            client_name: entry.client_name.or(usual.client_name),
            redirect_uris: entry.redirect_uris.unwrap_or(usual.redirect_uris),
            post_logout_redirect_uris: entry
                .post_logout_redirect_uris
                .unwrap_or(usual.post_logout_redirect_uris),
            frontchannel_logout_uri: entry.frontchannel_logout_uri.or(usual.frontchannel_logout_uri),
            initiate_login_uri: entry.initiate_login_uri.or(usual.initiate_login_uri),
            token_endpoint_auth_methods: entry
                .token_endpoint_auth_methods
                .unwrap_or(usual.token_endpoint_auth_methods),
            id_token_signed_response_alg: entry.id_token_signed_response_alg,
            scope: entry.scope.or(usual.scope),
            response_modes: entry.response_modes.unwrap_or(usual.response_modes),
            unbound: entry.unbound.unwrap_or(usual.unbound),
            consent_skipped: entry.consent_skipped.unwrap_or(usual.consent_skipped),
            application_type: entry.application_type,
            contacts: entry.contacts.unwrap_or_default(),
            client_uri: entry.client_uri.or(usual.client_uri),
            ..ClientMetadata::default()
        })
    }

    /// What is usual for the application at `base_url`, or for any.
    fn usual(&self, site: &Site) -> Result<ClientMetadata, (&'static str, String)> {
        match (self.preset, &self.base_url) {
            (Some(preset), Some(base_url)) => {
                preset.metadata(base_url, site).map_err(|fault| ("base_url", fault))
            }
            (None, Some(_)) => {
                let known = Preset::ALL.map(Preset::name).join(", ");
                Err(("base_url", format!("needs a preset beside it; write one of {known}")))
            }
            (_, None) => Ok(ClientMetadata::default()),
        }
    }
}
