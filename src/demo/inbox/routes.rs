//! The mailbox's paths, within its layers.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use super::super::layers::{with_layers, with_security_headers};
use super::{Inbox, page};
use crate::web::Failure;
use crate::web::asset_files;

/// The whole mailbox, ready to be served.
pub fn routes(inbox: Arc<Inbox>) -> Router {
    let web = inbox.web.clone();
    let pages = Router::new()
        .route("/", get(page::list))
        .route("/mails/{id}/html", get(page::html))
        .with_state(inbox)
        .merge(asset_files::routes(web.pages.clone()))
        .fallback(|| async { Failure::not_found() })
        .method_not_allowed_fallback(|| async { Failure::wrong_method() });
    with_layers(with_security_headers(pages, &web), &web)
}
