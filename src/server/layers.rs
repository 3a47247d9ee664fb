//! The layers every request passes, in one visible order.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument as _;

use crate::config::Site;
use crate::config::http::Http;
use crate::config::proxies::Proxies;
use crate::foundation::Random;
use crate::foundation::clock::Stopwatch;
use crate::telemetry::metrics;
use crate::web::answer::{Asked, PageSource, answer_failure};
use crate::web::host::check_host;
use crate::web::probe::note_probe;
use crate::web::request_id::{name_answer, name_request};
use crate::web::security_headers::add_security_headers;
use crate::web::visitor::name_client;
use crate::web::{Failure, Probes};

use super::body::with_body;

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

/// `routes` within all layers. What each request passes on its way in, and each answer on its way out, stands in [`answer`] and
/// [`admit`]; a panic of anything within is an answer too.
pub fn with_layers(routes: Router, shell: &Shell) -> Router {
    let shell = Arc::new(shell.clone());
    routes
        .fallback(|| async { Failure::not_found() })
        .method_not_allowed_fallback(|| async { Failure::wrong_method() })
        .layer(from_fn_with_state(Arc::clone(&shell), admit))
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(from_fn_with_state(shell, answer))
}

/// Names the request, answers failures, adds security headers, names the answer; counts and times it under the route it matched.
async fn answer(State(shell): State<Arc<Shell>>, mut request: Request, next: Next) -> Response {
    let (watch, method) = (Stopwatch::start(), request.method().clone());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let (id, span) = name_request(&*shell.random, &mut request);
    let asked = Asked::of(&mut request, id);
    let named = async {
        let answered = next.run(request).await;
        let mut response = answer_failure(&*shell.pages, &*shell.random, &asked, answered);
        add_security_headers(&shell.site, &mut response);
        name_answer(&asked.id, &mut response);
        response
    };
    let response = named.instrument(span).await;
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    metrics::request_answered(route, &method, response.status(), watch.elapsed());
    response
}

/// Within its time: counts headers, names the client, notes our own probes, checks the host, reads the body.
async fn admit(State(shell): State<Arc<Shell>>, mut request: Request, next: Next) -> Response {
    let bounds = &shell.bounds;
    let answered = async {
        // HTTP/1.1 counts its headers while reading, HTTP/2 only their bytes.
        if request.headers().len() > bounds.headers {
            return Failure::headers_too_large("too many headers").into_response();
        }
        name_client(&shell.proxies, &mut request);
        note_probe(&shell.probes, &shell.proxies, &request);
        if let Err(failure) = check_host(&shell.site, &shell.proxies, &request) {
            return failure.into_response();
        }
        with_body(bounds, request, next).await
    };
    bound_time(bounds.request_time, answered).await
}

/// What the panic said is logged by the hook, without data; the person sees the request id (R-CO-07).
fn after_panic(_: Box<dyn std::any::Any + Send>) -> Response {
    Failure::internal("a panic while answering").into_response()
}

/// The answer, or that it took too long.
pub(super) async fn bound_time(most: Duration, answer: impl Future<Output = Response>) -> Response {
    match tokio::time::timeout(most, answer).await {
        Ok(response) => response,
        Err(_) => Failure::unavailable(Duration::from_secs(5), "the request took too long").into_response(),
    }
}
