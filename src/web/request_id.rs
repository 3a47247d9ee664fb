//! Each request gets an id of its own, in a span around all its log lines, in the header `X-Request-Id` of its answer
//! and on error pages, so that a person can name it and an administrator find it. One from outside is not taken over.

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use tracing::Span;

use crate::foundation::Random;
use crate::foundation::random;

/// The header that carries it.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// A request's id: 16 characters of `[A-Za-z0-9]`. No secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// A fresh one.
    pub fn generate(random: &dyn Random) -> Self {
        Self(random::alphanumeric(random, 16))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Names the request; the span is for all that is done for it. The path is logged as the route it matched: what a person typed
/// there, and every query, may hold secrets (R-AU-04).
pub fn name_request(random: &dyn Random, request: &mut Request) -> (RequestId, Span) {
    let id = RequestId::generate(random);
    let route = request.extensions().get::<MatchedPath>().map_or("(none)", MatchedPath::as_str);
    let span = tracing::info_span!("request", id = id.as_str(), method = %request.method(), route);
    request.extensions_mut().insert(id.clone());
    (id, span)
}

/// Names the answer, and logs the request's end.
pub fn name_answer(id: &RequestId, response: &mut Response) {
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(HEADER, value);
    }
    tracing::info!(status = response.status().as_u16(), "answered");
}
