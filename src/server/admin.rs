//! What the administrators' listener serves: metrics and health, to this machine and to named networks (R-OP-06). It shows
//! nothing of a person. This machine's programs get metrics under an address or `localhost` only: a web page in a browser here
//! that leads its own name to us (DNS rebinding) gets nothing.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;

use crate::config::admin::Admin;
use crate::config::http::Http;
use crate::telemetry::{Health, Metrics, health, metrics};
use crate::web::client_ip::Peer;

use super::body::with_body;
use super::layers::bound_time;

/// What Prometheus asks for.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// `/metrics`, `/live` and `/ready` within their layers.
pub fn routes(settings: &Admin, bounds: &Http, health: Arc<Health>, metrics: Metrics) -> Router {
    let gate = Gate { settings: settings.clone(), bounds: bounds.clone() };
    Router::new()
        .route("/metrics", get(show).layer(from_fn(check_host)))
        .with_state((metrics, Arc::clone(&health)))
        .merge(health::routes(health))
        .layer(from_fn_with_state(Arc::new(gate), admit))
        .layer(CatchPanicLayer::new())
}

async fn show(State((metrics, health)): State<(Metrics, Arc<Health>)>) -> Response {
    metrics::ready(health.is_ready().await);
    let mut response = metrics.render().into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(TEXT_FORMAT));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Who may ask, and how long and how much.
struct Gate {
    settings: Admin,
    bounds: Http,
}

/// The peer itself counts: nobody forwards to this listener.
async fn admit(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let peer: Option<IpAddr> = request.extensions().get::<Peer>().map(|peer| peer.address.ip());
    if !peer.is_some_and(|peer| gate.settings.admits(peer)) {
        tracing::debug!(?peer, "a stranger asked the administrators' listener and was refused");
        return StatusCode::FORBIDDEN.into_response();
    }
    bound_time(gate.bounds.request_time, with_body(&gate.bounds, request, next)).await
}

async fn check_host(request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.address.ip());
    let is_near = peer.is_none_or(|peer| peer.to_canonical().is_loopback());
    if !is_near || host(&request).is_some_and(|host| is_no_name(host.host())) {
        next.run(request).await
    } else {
        StatusCode::MISDIRECTED_REQUEST.into_response()
    }
}

fn host(request: &Request) -> Option<Authority> {
    let in_header = || request.headers().get(header::HOST)?.to_str().ok()?.parse().ok();
    request.uri().authority().cloned().or_else(in_header)
}

fn is_no_name(host: &str) -> bool {
    host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
}
