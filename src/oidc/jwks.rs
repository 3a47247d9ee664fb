//! The JWK set (RFC 7517 section 5): public halves only.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::Oidc;

/// Seconds others may keep the set; far below the time a key is announced before its first use (R-UI-07).
const MAX_AGE: u32 = 3600;

/// `GET /jwks.json`.
pub async fn jwks(State(oidc): State<Arc<Oidc>>) -> Response {
    let keys: Vec<_> = oidc.keyring.jwks().collect();
    public_json(&json!({ "keys": keys }), MAX_AGE)
}

/// A document that everybody may read and keep for `max_age` seconds.
pub(super) fn public_json(document: &Value, max_age: u32) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CACHE_CONTROL, format!("public, max-age={max_age}")),
    ];
    (StatusCode::OK, headers, document.to_string()).into_response()
}
