//! The mailbox's paths, within its layers.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use super::super::layers::{as_pages, with_layers};
use super::{Inbox, page};

/// The whole mailbox, ready to be served.
pub fn routes(inbox: Arc<Inbox>) -> Router {
    let web = inbox.web.clone();
    let pages = Router::new()
        .route("/", get(page::list))
        .route("/mails/{id}/html", get(page::html))
        .with_state(inbox);
    with_layers(as_pages(pages, &web), &web)
}
