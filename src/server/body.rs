//! Reads each request's body whole before any handler sees it, within its bounds of size and time (R-TR-09, R-TR-10).
//! So no handler waits on a slow sender, and none reads more than it was meant to.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use crate::config::http::Http;
use crate::web::Failure;
use crate::web::extract::refuse_encoding;

/// Goes on to `next` with the body read whole, or refuses.
pub async fn with_body(bounds: &Http, request: Request, next: Next) -> Response {
    match collect(bounds, request).await {
        Ok(request) => next.run(request).await,
        Err(failure) => {
            // The rest of the body is not worth reading: the connection ends with this answer.
            let mut response = failure.into_response();
            response.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
            response
        }
    }
}

async fn collect(bounds: &Http, request: Request) -> Result<Request, Failure> {
    refuse_encoding(request.headers())?;
    let (parts, body) = request.into_parts();
    let announced = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > bounds.body_bytes) {
        return Err(Failure::too_large());
    }
    let reading = tokio::time::timeout(bounds.body_time, Limited::new(body, bounds.body_bytes).collect());
    let whole = reading.await.map_err(|_| Failure::too_slow())?.map_err(|error| {
        if error.is::<LengthLimitError>() {
            Failure::too_large()
        } else {
            Failure::bad_request("the body broke off")
        }
    })?;
    Ok(Request::from_parts(parts, Body::from(whole.to_bytes())))
}
