//! What the administrators' listener serves: metrics and health, to this machine and to named networks (R-OP-06). It answers
//! under any host name and shows nothing of a person.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;

use crate::config::admin::Admin;
use crate::config::http::Http;
use crate::telemetry::{Health, Metrics, health, metrics};
use crate::web::client_ip::Peer;

use super::body::{BodyBounds, read_body};
use super::layers::bound_time;

/// What Prometheus asks for.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// `/metrics`, `/live` and `/ready` within their layers.
pub fn routes(settings: &Admin, bounds: &Http, health: Arc<Health>, metrics: Metrics) -> Router {
    let body = BodyBounds { bytes: bounds.body_bytes, time: bounds.body_time };
    Router::new()
        .route("/metrics", get(show))
        .with_state((metrics, Arc::clone(&health)))
        .merge(health::routes(health))
        .layer(from_fn_with_state(body, read_body))
        .layer(from_fn_with_state(Arc::new(settings.clone()), check_peer))
        .layer(from_fn_with_state(bounds.request_time, bound_time))
        .layer(CatchPanicLayer::new())
}

async fn show(State((metrics, health)): State<(Metrics, Arc<Health>)>) -> Response {
    metrics::ready(health.is_ready().await);
    let mut response = metrics.render().into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(TEXT_FORMAT));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The peer itself counts: nobody forwards to this listener.
async fn check_peer(State(settings): State<Arc<Admin>>, request: Request, next: Next) -> Response {
    let peer: Option<IpAddr> = request.extensions().get::<Peer>().map(|peer| peer.address.ip());
    if peer.is_some_and(|peer| settings.admits(peer)) {
        next.run(request).await
    } else {
        tracing::warn!("a stranger asked the administrators' listener and was refused");
        StatusCode::FORBIDDEN.into_response()
    }
}
