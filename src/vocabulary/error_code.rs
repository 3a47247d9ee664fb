//! The error codes of OAuth 2.0 and OpenID Connect that we send.

/// One `error` value (RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750 section 3.1, OpenID Connect Core section 3.1.2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The request is malformed.
    InvalidRequest,
    /// Client authentication failed.
    InvalidClient,
    /// The code is unknown, spent, or bound to something else.
    InvalidGrant,
    /// The scope is unknown or may not be had.
    InvalidScope,
    /// The access token is unknown, expired or revoked.
    InvalidToken,
    /// The client may not use this grant.
    UnauthorizedClient,
    /// This grant is not offered.
    UnsupportedGrantType,
    /// This response type is not offered.
    UnsupportedResponseType,
    /// The person or policy said no.
    AccessDenied,
    /// A fault of ours.
    ServerError,
    /// Not now.
    TemporarilyUnavailable,
    /// The person would have to sign in.
    LoginRequired,
    /// The person would have to be asked something.
    InteractionRequired,
    /// The person would have to consent.
    ConsentRequired,
    /// The person would have to choose an account.
    AccountSelectionRequired,
    /// Request objects are not offered.
    RequestNotSupported,
    /// Request objects by reference are not offered.
    RequestUriNotSupported,
    /// The required level cannot be reached (OpenID Connect Unmet Authentication Requirements 1.0).
    UnmetAuthenticationRequirements,
    /// Client metadata is at fault.
    InvalidClientMetadata,
    /// A redirect URI may not be registered.
    InvalidRedirectUri,
}

impl ErrorCode {
    /// The value as it travels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidToken => "invalid_token",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::AccessDenied => "access_denied",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::LoginRequired => "login_required",
            Self::InteractionRequired => "interaction_required",
            Self::ConsentRequired => "consent_required",
            Self::AccountSelectionRequired => "account_selection_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
        }
    }
}
