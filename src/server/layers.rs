//! The layers every request passes, in one visible order.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;

use crate::config::Site;
use crate::config::http::Http;
use crate::config::proxies::Proxies;
use crate::foundation::Random;
use crate::foundation::clock::Stopwatch;
use crate::telemetry::metrics;
use crate::web::answer::{Answering, PageSource, answer_failures};
use crate::web::host::{Expected, check_host};
use crate::web::probe::{Lookout, note_probes};
use crate::web::request_id::name_request;
use crate::web::security_headers::add_security_headers;
use crate::web::visitor::name_client;
use crate::web::{Failure, Probes};

use super::body::{BodyBounds, read_body};

/// What the layers need.
#[derive(Clone)]
pub struct Shell {
    /// Under which address we are reached.
    pub site: Arc<Site>,
    /// Whose word about hosts and addresses counts.
    pub proxies: Arc<Proxies>,
    /// Bounds on every request.
    pub bounds: Http,
    /// Draws error pages.
    pub pages: Arc<dyn PageSource>,
    /// Makes request ids and nonces.
    pub random: Arc<dyn Random>,
    /// Requests of our own that should come in again.
    pub probes: Probes,
}

/// `routes` within all layers. Outermost first: measure, request id, security headers, failures answered, panics caught, time,
/// number of headers, our own probes, host, body.
pub fn with_layers(routes: Router, shell: &Shell) -> Router {
    let bounds = &shell.bounds;
    let body = BodyBounds { bytes: bounds.body_bytes, time: bounds.body_time };
    let expected = Expected { site: Arc::clone(&shell.site), proxies: Arc::clone(&shell.proxies) };
    let lookout = Lookout { probes: shell.probes.clone(), proxies: Arc::clone(&shell.proxies) };
    let answering = Answering { pages: Arc::clone(&shell.pages), random: Arc::clone(&shell.random) };
    routes
        .fallback(|| async { Failure::not_found() })
        .method_not_allowed_fallback(|| async { Failure::wrong_method() })
        .layer(from_fn_with_state(body, read_body))
        .layer(from_fn_with_state(expected, check_host))
        .layer(from_fn_with_state(lookout, note_probes))
        .layer(from_fn_with_state(Arc::clone(&shell.proxies), name_client))
        .layer(from_fn_with_state(bounds.headers, count_headers))
        .layer(from_fn_with_state(bounds.request_time, bound_time))
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(from_fn_with_state(answering, answer_failures))
        .layer(from_fn_with_state(Arc::clone(&shell.site), add_security_headers))
        .layer(from_fn_with_state(Arc::clone(&shell.random), name_request))
        .layer(from_fn(measure))
}

/// Counts and times the request under the route it matched.
async fn measure(request: Request, next: Next) -> Response {
    let (watch, method) = (Stopwatch::start(), request.method().clone());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    metrics::request_answered(route, &method, response.status(), watch.elapsed());
    response
}

/// What the panic said is logged by the hook, without data; the person sees the request id (R-CO-07).
fn after_panic(_: Box<dyn std::any::Any + Send>) -> Response {
    Failure::internal("a panic while answering").into_response()
}

/// HTTP/1.1 counts its headers while reading, HTTP/2 only their bytes.
async fn count_headers(State(most): State<usize>, request: Request, next: Next) -> Response {
    if request.headers().len() > most {
        return Failure::headers_too_large("too many headers").into_response();
    }
    next.run(request).await
}

pub(super) async fn bound_time(State(most): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(most, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Failure::unavailable(Duration::from_secs(5), "the request took too long").into_response(),
    }
}
