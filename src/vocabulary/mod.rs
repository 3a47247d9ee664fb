//! The words of OAuth 2.0 and OpenID Connect as types, each read and written in one place.
//!
//! Must not: do anything; no input or output, no policy.
//! Follows: RFC 6749, RFC 7636, OpenID Connect Core 1.0, OpenID Connect Dynamic Client Registration 1.0.

pub mod acr;
pub mod amr;
pub mod claims_request;
pub mod client_metadata;
pub mod error_code;
pub mod factor_kind;
pub mod grant_type;
pub mod pkce;
pub mod prompt;
pub mod response_mode;
pub mod scope;

pub use claims_request::ClaimsRequest;
pub use client_metadata::ClientMetadata;
pub use error_code::ErrorCode;
pub use factor_kind::FactorKind;
pub use pkce::{CodeChallenge, CodeVerifier};
pub use prompt::Prompt;
pub use response_mode::ResponseMode;
pub use scope::{Scope, Scopes};
