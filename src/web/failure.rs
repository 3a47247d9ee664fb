//! The one error of all doors. It has two faces: a text id and values for the person (or an OAuth error code for the
//! program), and a private detail for the log (R-CO-10). [`super::answer`] turns it into page or JSON, in one place.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use serde_json::json;

/// Who asks, and so in which form the answer is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// A person: an error page on our own origin.
    Page,
    /// A program that speaks OAuth: `{"error": …}` (RFC 6749 section 5.2).
    OAuth,
    /// A program that calls an API: problem details (RFC 9457).
    Problem,
    /// Not known where it arose: a page where the request accepts HTML, else as for OAuth.
    ByRequest,
}

/// A refusal or a fault, ready to be answered.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The status of the answer.
    pub status: StatusCode,
    /// The form of the answer.
    pub face: Face,
    /// The id of the text on the page.
    pub text: &'static str,
    /// What the text names, by placeholder. Rendered escaped; never a secret.
    pub values: Vec<(&'static str, String)>,
    /// The OAuth error code.
    pub error: &'static str,
    /// The OAuth `error_description`: fixed texts only.
    pub description: Option<&'static str>,
    /// For the log, never for the answer. Never a secret.
    pub detail: Box<str>,
    /// Value of `WWW-Authenticate`, sent with 401.
    pub challenge: &'static str,
    /// When to try again: `Retry-After`, in whole seconds.
    pub retry_after: Option<u32>,
}

impl Failure {
    fn new(status: StatusCode, text: &'static str, error: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            face: Face::ByRequest,
            text,
            values: Vec::new(),
            error,
            description: None,
            detail: detail.into().into(),
            challenge: "Basic realm=\"keyward\"",
            retry_after: None,
        }
    }

    /// Outcome `P400`: an error page with status 400, never a redirect.
    pub fn page(text: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text, "invalid_request", detail).on(Face::Page)
    }

    /// Outcome `J(status, error)`: JSON, `no-store`, and a challenge with 401.
    pub fn json(status: StatusCode, error: &'static str, detail: impl Into<String>) -> Self {
        Self::new(status, "bad_request", error, detail).on(Face::OAuth)
    }

    /// A malformed request, wherever it arose: 400.
    pub fn bad_request(description: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", "invalid_request", description)
            .described(description)
    }

    /// Outcome `403X`: no hint whether the thing exists.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "access_denied", detail)
    }

    /// Nothing is here: 404.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "not_found", "no such path")
    }

    /// Not with this method: 405.
    pub fn wrong_method() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "invalid_request",
            "method not allowed",
        )
    }

    /// A body or part of it is too large: 413.
    pub fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "invalid_request", "body too large")
    }

    /// The body is of another kind than asked for: 415.
    pub fn unsupported_media(description: &'static str) -> Self {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        Self::new(status, "bad_request", "invalid_request", description).described(description)
    }

    /// Another host than the configured one was addressed: 421, naming both (R-TR-06).
    pub fn misdirected(seen: &str, configured: &str) -> Self {
        let detail = format!("asked under another host than {configured}");
        let failure = Self::new(StatusCode::MISDIRECTED_REQUEST, "wrong_address", "invalid_request", detail);
        failure.naming("seen", seen).naming("configured", configured)
    }

    /// Outcome `LK`: throttled, 429. The page names whole minutes, rounded up, as `count`.
    pub fn too_many(retry_after: Duration, detail: impl Into<String>) -> Self {
        let mut failure = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", "slow_down", detail);
        failure.retry_after = Some(whole_seconds(retry_after));
        failure.naming("count", retry_after.as_millis().div_ceil(60_000).max(1).to_string())
    }

    /// Too many or too long headers or cookies: 431.
    pub fn headers_too_large(detail: impl Into<String>) -> Self {
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        Self::new(status, "too_large", "invalid_request", detail)
    }

    /// The request took too long to arrive: 408.
    pub fn too_slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "bad_request", "invalid_request", "body took too long")
    }

    /// A fault of ours: 500. The person sees the request id only.
    pub fn internal(detail: impl std::fmt::Display) -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::new(status, "internal", "server_error", detail.to_string())
    }

    /// Not now: 503, with when to try again.
    pub fn unavailable(retry_after: Duration, detail: impl std::fmt::Display) -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let mut failure = Self::new(status, "busy", "temporarily_unavailable", detail.to_string());
        failure.retry_after = Some(whole_seconds(retry_after));
        failure
    }

    /// The same failure with another face: doors for programs answer everything as JSON.
    pub fn on(mut self, face: Face) -> Self {
        self.face = face;
        self
    }

    /// With an `error_description` (RFC 6749 section 5.2): a fixed text, so nothing of the input is reflected.
    pub fn described(mut self, description: &'static str) -> Self {
        self.description = Some(description);
        self
    }

    /// With a value for the text's placeholder `name`.
    pub fn naming(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.values.push((name, value.into()));
        self
    }

    /// With another challenge for 401, such as `Bearer error="invalid_token"` (RFC 6750 section 3).
    pub fn challenged(mut self, challenge: &'static str) -> Self {
        self.challenge = challenge;
        self
    }

    /// The answer for a program.
    pub fn to_json(&self) -> Response<axum::body::Body> {
        let (kind, body) = if self.face == Face::Problem {
            let title = self.status.canonical_reason().unwrap_or("error");
            (
                "application/problem+json",
                json!({ "status": self.status.as_u16(), "title": title, "code": self.error }),
            )
        } else {
            let body = match self.description {
                Some(description) => json!({ "error": self.error, "error_description": description }),
                None => json!({ "error": self.error }),
            };
            ("application/json", body)
        };
        let headers =
            [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")];
        let mut response = (self.status, headers, body.to_string()).into_response();
        self.add_headers(&mut response);
        response
    }

    /// Adds the challenge and when to try again.
    pub(super) fn add_headers(&self, response: &mut Response<axum::body::Body>) {
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(self.challenge));
        }
        if let Some(wait) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
        }
    }
}

/// Rounded up, and at least one.
fn whole_seconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_millis().div_ceil(1000).max(1)).unwrap_or(u32::MAX)
}

/// Carries a [`Failure`] through the router to [`super::answer::answer_failures`].
#[derive(Debug, Clone)]
pub(super) struct Carried(pub Arc<Failure>);

impl IntoResponse for Failure {
    /// The JSON form, complete in itself; on the way out it becomes a page where one is due.
    fn into_response(self) -> Response<axum::body::Body> {
        let mut response = self.to_json();
        response.extensions_mut().insert(Carried(Arc::new(self)));
        response
    }
}

impl From<crate::storage::StorageError> for Failure {
    /// The store failed: deny on doubt (R-CO-05).
    fn from(error: crate::storage::StorageError) -> Self {
        Self::internal(error)
    }
}
