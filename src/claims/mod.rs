//! What a client may learn about a person: one decision, made from scopes, the `claims` parameter and the client's preset.
//!
//! Must not: issue tokens, or know how a person signed in.
//! Follows: OpenID Connect Core sections 5.1, 5.4, 5.5; security requirements R-ID-05 to R-ID-09;
//! the Atlassian applications' habits (a just-in-time sign-in reads the ID token only and wants strings and a flat list).

pub mod groups;
pub mod release;
pub mod scopes;
pub mod standard;

pub use release::{Release, Withheld, release};

/// `claims_supported`, as discovery lists them.
pub const SUPPORTED: &[&str] = &[
    "sub",
    "iss",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "sid",
    "acr",
    "amr",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "email_verified",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "phone_number_verified",
    "address",
    "updated_at",
    "groups",
];
