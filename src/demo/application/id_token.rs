//! The checks of an ID token, as the built-in client makes them (OpenID Connect Core section 3.1.3.7): pure. The signature
//! is not among them; see [`super::signature`].

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::Fault;
use crate::foundation::Timestamp;

/// How far two clocks may differ, each way.
pub const SKEW: Duration = Duration::from_secs(60);

/// What the token must say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The configured issuer, to the byte.
    pub issuer: &'a str,
    /// The own client id.
    pub client_id: &'a str,
    /// The nonce that was sent.
    pub nonce: &'a str,
}

/// The claims of `token`, unchecked: the middle of its three parts. An encrypted one has five and fails.
pub fn claims(token: &str) -> Result<Value, Fault> {
    let fault = |what: &str| Fault::provider("id_token", what);
    let mut parts = token.split('.');
    let (Some(_), Some(body), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(fault("the ID token does not have three parts"));
    };
    let body = URL_SAFE_NO_PAD.decode(body).map_err(|_| fault("the ID token is not base64url"))?;
    let claims: Value = serde_json::from_slice(&body).map_err(|_| fault("the ID token is not JSON"))?;
    if claims.is_object() { Ok(claims) } else { Err(fault("the ID token is no JSON object")) }
}

/// Checks `iss`, `sub`, `aud`, `azp`, `exp`, `iat` and `nonce`; the first fault is named.
pub fn check(claims: &Value, expected: Expected<'_>, now: Timestamp) -> Result<(), Fault> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    require(text("iss") == Some(expected.issuer), "iss", "the issuer is not the configured one")?;
    require(text("sub").is_some_and(|sub| !sub.is_empty()), "sub", "the subject is missing")?;
    check_audience(claims, expected.client_id)?;
    let time = |name: &str| claims.get(name).and_then(Value::as_i64);
    let (latest, earliest) = (now.plus(SKEW).seconds(), now.minus(SKEW).seconds());
    require(
        time("exp").is_some_and(|exp| exp > earliest),
        "exp",
        "the token has expired, or does not say when",
    )?;
    require(
        time("iat").is_some_and(|iat| iat <= latest),
        "iat",
        "the token was issued ahead, or does not say when",
    )?;
    require(text("nonce") == Some(expected.nonce), "nonce", "the nonce is not the one that was sent")
}

fn check_audience(claims: &Value, client_id: &str) -> Result<(), Fault> {
    let audience: Vec<&str> = match claims.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    require(audience.contains(&client_id), "aud", "the token is for another client")?;
    let azp = claims.get("azp").and_then(Value::as_str);
    let authorized =
        if audience.len() > 1 { azp == Some(client_id) } else { azp.is_none_or(|azp| azp == client_id) };
    require(authorized, "azp", "the authorized party is another client")
}

fn require(holds: bool, claim: &str, otherwise: &str) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(Fault::provider(claim, otherwise)) }
}
