//! Reads each request's body whole before any handler sees it, within its bounds of size and time (R-TR-09, R-TR-10).
//! So no handler waits on a slow sender, and none reads more than it was meant to.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use crate::config::http::Http;
use crate::web::Failure;
use crate::web::extract::refuse_encoding;

/// The bounds of a body.
#[derive(Debug, Clone, Copy)]
pub struct BodyBounds {
    /// Bytes at most.
    pub bytes: usize,
    /// How long it may take to arrive.
    pub time: Duration,
}

impl BodyBounds {
    /// Those of `bounds`.
    pub fn of(bounds: &Http) -> Self {
        Self { bytes: bounds.body_bytes, time: bounds.body_time }
    }
}

/// The request with its body read, or the answer that refuses it.
pub async fn read_body(bounds: BodyBounds, request: Request) -> Result<Request, Response> {
    collect(bounds, request).await.map_err(|failure| {
        // The rest of the body is not worth reading: the connection ends with this answer.
        let mut response = failure.into_response();
        response.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
        response
    })
}

async fn collect(bounds: BodyBounds, request: Request) -> Result<Request, Failure> {
    refuse_encoding(request.headers())?;
    let (parts, body) = request.into_parts();
    let announced = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > bounds.bytes) {
        return Err(Failure::too_large());
    }
    let reading = tokio::time::timeout(bounds.time, Limited::new(body, bounds.bytes).collect());
    let whole = reading.await.map_err(|_| Failure::too_slow())?.map_err(|error| {
        if error.is::<LengthLimitError>() {
            Failure::too_large()
        } else {
            Failure::bad_request("the body broke off")
        }
    })?;
    Ok(Request::from_parts(parts, Body::from(whole.to_bytes())))
}
