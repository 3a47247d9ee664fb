//! The paths of the endpoints, as discovery publishes them.

/// Authorization endpoint.
pub const AUTHORIZE: &str = "/authorize";
/// Where a journey returns to: an authorization request that was put aside goes on.
pub const RESUME: &str = "/authorize/resume";
/// Token endpoint.
pub const TOKEN: &str = "/token";
/// UserInfo endpoint.
pub const USERINFO: &str = "/userinfo";
/// JWK set.
pub const JWKS: &str = "/jwks.json";
/// End-session endpoint.
pub const END_SESSION: &str = "/logout";
/// The page that tells applications of a sign-out.
pub const LOGOUT_STATUS: &str = "/logout/status";
/// Discovery (OpenID Connect Discovery section 4).
pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
/// The same document under the name of RFC 8414 section 3.
pub const AUTHORIZATION_SERVER_METADATA: &str = "/.well-known/oauth-authorization-server";
