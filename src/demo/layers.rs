//! What each request of an application or of the mailbox passes.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use tracing::Instrument as _;

use crate::config::proxies::Proxies;
use crate::web::answer::{Asked, answer_failure};
use crate::web::asset_files;
use crate::web::host::check_host;
use crate::web::request_id::{name_answer, name_request};
use crate::web::security_headers;
use crate::web::visitor::name_client;
use crate::web::{Failure, Web};

/// `routes`, asked under their own host and without a proxy; failures are answered.
pub fn with_layers(routes: Router, web: &Arc<Web>) -> Router {
    routes.layer(from_fn_with_state(Arc::clone(web), pass))
}

/// `routes` that answer with pages: with what these load, an answer to every other path, and the security headers.
pub fn as_pages(routes: Router, web: &Arc<Web>) -> Router {
    routes
        .merge(asset_files::routes(web.pages.clone()))
        .fallback(|| async { Failure::not_found() })
        .method_not_allowed_fallback(|| async { Failure::wrong_method() })
        .layer(from_fn_with_state(Arc::clone(web), add_security_headers))
}

async fn pass(State(web): State<Arc<Web>>, mut request: Request, next: Next) -> Response {
    let (id, span) = name_request(&*web.random, &mut request);
    let asked = Asked::of(&mut request, id);
    let proxies = Proxies::none();
    name_client(&proxies, &mut request);
    let named = async {
        let answered = match check_host(&web.site, &proxies, &request) {
            Ok(()) => next.run(request).await,
            Err(failure) => failure.into_response(),
        };
        let mut response = answer_failure(&*web.pages, &*web.random, &asked, answered);
        name_answer(&asked.id, &mut response);
        response
    };
    named.instrument(span).await
}

async fn add_security_headers(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    security_headers::add_security_headers(&web.site, &mut response);
    response
}
