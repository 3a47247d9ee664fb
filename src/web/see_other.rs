//! Sending the browser on.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::Failure;

/// 303, so that a browser coming from a POST goes on with GET (R-AZ-18); never kept by anyone on the way.
pub fn see_other(target: &str) -> Result<Response, Failure> {
    let location = HeaderValue::from_str(target).map_err(Failure::internal)?;
    let headers =
        [(header::LOCATION, location), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}
