//! One connection from its first byte to its last.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderValue, Request, Version, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tower::ServiceExt as _;

use crate::config::http::Http;
use crate::web::client_ip::Peer;

use super::stop::Stopping;
use super::watched::{Activity, Overdue, Watched};

/// So long an idle connection may take to say goodbye, and so long a stop waits for a request that is already on its way.
const FAREWELL: Duration = Duration::from_secs(1);

/// The HTTP/1.1 and HTTP/2 reader with our bounds.
pub fn protocol(bounds: &Http) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    let streams = bounds.streams;
    let header_bytes = u32::try_from(bounds.header_bytes).unwrap_or(16 * 1024);
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None);
    builder.http1().max_buf_size(bounds.header_bytes).max_headers(bounds.headers);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(streams)
        .max_header_list_size(header_bytes);
    builder
}

/// Serves `stream` until it closes, is overdue, or a stop ends it.
pub async fn serve<S>(stream: S, peer: Peer, router: Router, server: Arc<Serving>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let activity = Activity::new();
    let io = TokioIo::new(Watched::new(stream, Arc::clone(&activity)));
    let service = service_fn(|mut request: Request<Incoming>| {
        if request.version() == Version::HTTP_2 {
            activity.multiplexed();
        }
        let answering = activity.begin();
        request.extensions_mut().insert(peer);
        let (version, stopping) = (request.version(), server.stopping.clone());
        let answer = router.clone().oneshot(request);
        async move {
            let mut response = answer.await;
            if version < Version::HTTP_2
                && stopping.is_draining()
                && let Ok(response) = &mut response
            {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            drop(answering);
            response
        }
    });
    let mut connection = pin!(server.protocol.serve_connection(io, service));
    let ending = tokio::select! {
        _ = connection.as_mut() => return,
        overdue = activity.overdue(&server.bounds) => match overdue {
            Overdue::Headers => return,
            Overdue::Idle => FAREWELL,
        },
        () = server.stopping.draining() => server.bounds.stop_time,
    };
    if server.stopping.is_draining() && !activity.is_multiplexed() {
        // The library would close at once, and with it lose a request that was sent before the client could know.
        tokio::select! {
            _ = connection.as_mut() => return,
            () = tokio::time::sleep(FAREWELL) => {}
            () = server.stopping.now() => return,
        }
    }
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        _ = connection => {}
        () = tokio::time::sleep(ending) => {}
        () = server.stopping.now() => {}
    }
}

/// What all connections share.
#[derive(Debug)]
pub struct Serving {
    /// Reads the protocol.
    pub protocol: Builder<TokioExecutor>,
    /// Bounds of time.
    pub bounds: Http,
    /// When to end.
    pub stopping: Stopping,
}
