//! The mailbox's paths, within its layers.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;

use super::{Inbox, page};
use crate::config::proxies::Proxies;
use crate::web::Failure;
use crate::web::answer::{Answering, answer_failures};
use crate::web::asset_files;
use crate::web::host::{Expected, check_host};
use crate::web::request_id::name_request;
use crate::web::security_headers::add_security_headers;
use crate::web::visitor::name_client;

/// The whole mailbox, ready to be served.
pub fn routes(inbox: Arc<Inbox>) -> Router {
    let site = inbox.web.site.clone();
    let (pages, random) = (inbox.web.pages.clone(), inbox.web.random.clone());
    let expected = Expected { site: site.clone(), proxies: Arc::new(Proxies::none()) };
    let answering = Answering { pages: pages.clone(), random: random.clone() };
    Router::new()
        .route("/", get(page::list))
        .route("/mails/{id}/html", get(page::html))
        .with_state(inbox)
        .merge(asset_files::routes(pages))
        .fallback(|| async { Failure::not_found() })
        .method_not_allowed_fallback(|| async { Failure::wrong_method() })
        .layer(from_fn_with_state(site, add_security_headers))
        .layer(from_fn_with_state(expected.clone(), check_host))
        .layer(from_fn_with_state(expected.proxies, name_client))
        .layer(from_fn_with_state(answering, answer_failures))
        .layer(from_fn_with_state(random, name_request))
}
