//! The discovery document (OpenID Connect Discovery 1.0 section 3, RFC 8414): made from configuration only (R-UI-05).

use serde_json::{Value, json};

use crate::config::Site;
use crate::vocabulary::acr::{ForeignNames, acr_values_supported};
use crate::vocabulary::client_metadata::{ClientAuthentication, SigningAlgorithm};
use crate::vocabulary::grant_type::GrantType;
use crate::vocabulary::{Prompt, ResponseMode, Scope};

use super::paths;

/// The document, the same for every caller.
pub fn document(site: &Site, languages: &[&str]) -> Value {
    json!({
        "issuer": site.issuer(),
        "authorization_endpoint": site.url(paths::AUTHORIZE),
        "token_endpoint": site.url(paths::TOKEN),
        "userinfo_endpoint": site.url(paths::USERINFO),
        "jwks_uri": site.url(paths::JWKS),
        "end_session_endpoint": site.url(paths::END_SESSION),
        "scopes_supported": Scope::ALL.map(Scope::as_str),
        "response_types_supported": ["code"],
        "response_modes_supported": ResponseMode::ALL.map(ResponseMode::as_str),
        "grant_types_supported": GrantType::ALL.map(GrantType::as_str),
        "acr_values_supported": acr_values_supported(ForeignNames::default()),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": SigningAlgorithm::ALL.map(SigningAlgorithm::as_str),
        "token_endpoint_auth_methods_supported": ClientAuthentication::ALL.map(ClientAuthentication::as_str),
        "display_values_supported": ["page", "popup", "touch", "wap"],
        "claim_types_supported": ["normal"],
        "claims_supported": crate::claims::SUPPORTED,
        "claims_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "require_request_uri_registration": false,
        "prompt_values_supported": Prompt::VALUES,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "ui_locales_supported": languages,
        "frontchannel_logout_supported": true,
        "frontchannel_logout_session_supported": true,
    })
}
