//! `/assets/<content hash>/<name>`: styles and scripts of the pages. An address never changes its content, so browsers may
//! keep it for ever.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::Failure;
use crate::pages::Pages;

/// The one path.
pub fn routes(pages: Arc<Pages>) -> Router {
    Router::new().route("/assets/{*address}", get(asset)).with_state(pages)
}

async fn asset(State(pages): State<Arc<Pages>>, Path(address): Path<String>) -> Result<Response, Failure> {
    let asset = pages.asset(&address).ok_or_else(Failure::not_found)?;
    let headers = [
        (header::CONTENT_TYPE, asset.content_type.to_owned()),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned()),
        (header::ETAG, asset.etag.to_owned()),
    ];
    Ok((StatusCode::OK, headers, Body::from(asset.bytes.to_vec())).into_response())
}
