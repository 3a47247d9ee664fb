//! Each request sees one generation, from its beginning to its end.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Configuration;
use crate::config::Live;
use crate::web::Failure;

/// The layer around every route that reads what is configured. Without an answer of the store nothing is decided.
pub async fn pin(State(configuration): State<Arc<Configuration>>, request: Request, next: Next) -> Response {
    match configuration.refresh().await {
        Ok(settings) => Live::pinned(settings, next.run(request)).await,
        Err(error) => Failure::from(error).into_response(),
    }
}
