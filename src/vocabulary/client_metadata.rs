//! Client metadata as it is registered (OpenID Connect Dynamic Client Registration section 2, RFC 7591 section 2).

use serde::{Deserialize, Serialize};

use super::ResponseMode;

/// How a client proves itself at the token endpoint (OpenID Connect Core section 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// HTTP Basic (RFC 6749 section 2.3.1).
    ClientSecretBasic,
    /// `client_id` and `client_secret` in the body.
    ClientSecretPost,
    /// None: a public client.
    None,
}

impl ClientAuthentication {
    /// All of them, as discovery lists them.
    pub const ALL: [Self; 3] = [Self::ClientSecretBasic, Self::ClientSecretPost, Self::None];

    /// The value as it travels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::None => "none",
        }
    }
}

/// The algorithm of a client's ID tokens (RFC 7518 section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum SigningAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256: what every Atlassian application and plug-in reads.
    #[default]
    RS256,
    /// ECDSA with P-256 and SHA-256.
    ES256,
}

impl SigningAlgorithm {
    /// All of them, as discovery lists them.
    pub const ALL: [Self; 2] = [Self::RS256, Self::ES256];

    /// The value as it travels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::ES256 => "ES256",
        }
    }
}

/// What an administrator hands in to register a client. Members we do not know are refused, so that a typing error shows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClientMetadata {
    /// Given, or made by us: `[A-Za-z0-9]` only, so that raw and encoded Basic agree (R-TK-04).
    pub client_id: Option<String>,
    /// Given (43 characters or more of `[A-Za-z0-9]`), or made by us.
    pub client_secret: Option<String>,
    /// Shown to people.
    pub client_name: Option<String>,
    /// Where authorization responses may go; compared byte for byte.
    pub redirect_uris: Vec<String>,
    /// Where the browser may go after sign-out (RP-Initiated Logout section 3.1).
    pub post_logout_redirect_uris: Vec<String>,
    /// Loaded in a frame at sign-out (Front-Channel Logout section 2).
    pub frontchannel_logout_uri: Option<String>,
    /// Whether `iss` and `sid` are added to it; they always are.
    pub frontchannel_logout_session_required: Option<bool>,
    /// Where a sign-in can be started from our side (OpenID Connect Core section 4).
    pub initiate_login_uri: Option<String>,
    /// Only `authorization_code`.
    pub grant_types: Vec<String>,
    /// Only `code`.
    pub response_types: Vec<String>,
    /// One method, as the standard has it…
    pub token_endpoint_auth_method: Option<ClientAuthentication>,
    /// …or several, our own extension for plug-ins that switch between them.
    pub token_endpoint_auth_methods: Vec<ClientAuthentication>,
    /// RS256 by default.
    pub id_token_signed_response_alg: Option<SigningAlgorithm>,
    /// Scopes the client may ask for, space-separated; all by default.
    pub scope: Option<String>,
    /// Our extension: how responses may travel; both by default.
    pub response_modes: Vec<ResponseMode>,
    /// Our extension: runs with neither PKCE nor nonce (R-AZ-07); confidential clients only.
    pub unbound: bool,
    /// Our extension: people are not asked for consent.
    pub consent_skipped: bool,
    /// `web` by default, or `native` (variable port on loopback IP literals, R-AZ-04).
    pub application_type: Option<String>,
    /// Kept for the administrator.
    pub contacts: Vec<String>,
    /// Kept for the administrator.
    pub client_uri: Option<String>,
}
