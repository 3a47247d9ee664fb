//! The ID token's signature. The built-in client never looks at it, so it decides nothing here either; but we want to notice
//! our own mistakes, so a wrong one becomes a warning on the page.

use axum::http::HeaderMap;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{DecodingKey, Validation};
use serde_json::Value;

use super::Application;
use super::provider::Provider;
use super::token;

impl Application {
    /// What is wrong with the signature of `id_token`; `None` where nothing is.
    pub(super) async fn signature_fault(&self, provider: &Provider, id_token: &str) -> Option<String> {
        let verified = async {
            let answer = self.outbound.get(&provider.jwks_uri, HeaderMap::new()).await;
            let keys = token::json(&answer.map_err(|error| error.to_string())?)?;
            verify(id_token, keys)
        };
        let fault = verified.await.err()?;
        tracing::warn!(application = self.configuration.name, fault, "the signature of an ID token is wrong");
        Some(fault)
    }
}

/// Verifies the signature against the key that the token names; the algorithm is the key's, not the token's.
pub fn verify(id_token: &str, keys: Value) -> Result<(), String> {
    let keys: JwkSet =
        serde_json::from_value(keys).map_err(|error| format!("the JWK set is not usable: {error}"))?;
    let header = jsonwebtoken::decode_header(id_token).map_err(|error| error.to_string())?;
    let kid = header.kid.ok_or("the token names no key")?;
    let jwk = keys.find(&kid).ok_or("the JWK set does not hold the key that the token names")?;
    let mut validation = Validation::new(algorithm(jwk)?);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let key = DecodingKey::from_jwk(jwk).map_err(|error| error.to_string())?;
    let decoded = jsonwebtoken::decode::<Value>(id_token, &key, &validation);
    decoded.map(|_| ()).map_err(|error| error.to_string())
}

fn algorithm(jwk: &Jwk) -> Result<jsonwebtoken::Algorithm, String> {
    let named = jwk.common.key_algorithm.ok_or("the key does not say its algorithm")?;
    named.to_string().parse().map_err(|_| format!("the key's algorithm {named} is none for signatures"))
}
