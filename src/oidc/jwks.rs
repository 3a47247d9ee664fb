//! The JWK set (RFC 7517 section 5): public halves only, with an entity tag for those who ask again (R-UI-07).

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

use super::Oidc;

/// Seconds others may keep the set; far below the time a key is announced before its first use (R-UI-07).
const MAX_AGE: u32 = 3600;

/// `GET /jwks.json`; 304 for who has it already (RFC 9110 section 13.1.2).
pub async fn jwks(State(oidc): State<Arc<Oidc>>, asked: HeaderMap) -> Response {
    let keys = oidc.keyring.present();
    let known = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    let known = known.flat_map(|line| line.split(','));
    let headers = [
        (header::ETAG, keys.tag().to_owned()),
        (header::CACHE_CONTROL, format!("public, max-age={MAX_AGE}")),
    ];
    if known.map(|tag| tag.trim().trim_start_matches("W/")).any(|tag| tag == keys.tag()) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let json = [(header::CONTENT_TYPE, "application/json")];
    (StatusCode::OK, headers, json, keys.document().to_owned()).into_response()
}

/// A document that everybody may read and keep for `max_age` seconds.
pub(super) fn public_json(document: &Value, max_age: u32) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CACHE_CONTROL, format!("public, max-age={max_age}")),
    ];
    (StatusCode::OK, headers, document.to_string()).into_response()
}
