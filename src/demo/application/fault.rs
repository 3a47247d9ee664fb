//! Why a sign-in did not come about. The real applications show a bare number here and log the rest; a demonstration says it.

use axum::http::StatusCode;

/// A sign-in that failed: a word and a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}: {description}")]
pub struct Fault {
    /// The status of the page.
    pub status: StatusCode,
    /// The provider's `error`, or the check that failed.
    pub error: String,
    /// More about it.
    pub description: String,
}

impl Fault {
    /// The answer of the browser's round trip is at fault.
    pub fn answer(error: &str, description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error, description)
    }

    /// What the provider said directly is at fault.
    pub fn provider(error: &str, description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, error, description)
    }

    fn new(status: StatusCode, error: &str, description: impl Into<String>) -> Self {
        Self { status, error: error.to_owned(), description: description.into() }
    }
}
