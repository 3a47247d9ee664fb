//! The words of OAuth 2.0 and OpenID Connect as types.
//!
//! Must not: do input or output, or decide anything that depends on a person or a client.
//! Follows: security.md sections 4.2 and 4.3.

pub mod acr;
pub mod amr;
