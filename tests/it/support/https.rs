//! A client that speaks HTTPS to one place, whatever the address says: HTTP/2 where the server offers it.

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Request, Uri, Version};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tower::Service;
use url::Url;

use super::authority::connect;
use super::page::Page;

/// The client.
#[derive(Debug, Clone)]
pub struct Https(Client<Connector, Full<Bytes>>);

impl Https {
    /// Goes from `from` to `to`, under the rules of `config`.
    pub fn new(config: Arc<ClientConfig>, from: IpAddr, to: SocketAddr) -> Self {
        Self(Client::builder(TokioExecutor::new()).build(Connector { config, from, to }))
    }

    /// Sends one request; the answer, and over which version of HTTP it came.
    pub async fn send(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: Option<String>,
    ) -> (Page, Version) {
        let mut request = Request::builder().method(method).uri(url.as_str());
        *request.headers_mut().unwrap() = headers;
        let request = request.body(Full::from(body.unwrap_or_default())).unwrap();
        let (parts, body) = self.0.request(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8_lossy(&body).into_owned();
        (Page { url: url.clone(), status: parts.status, headers: parts.headers, body }, parts.version)
    }
}

#[derive(Debug, Clone)]
struct Connector {
    config: Arc<ClientConfig>,
    from: IpAddr,
    to: SocketAddr,
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let Self { config, from, to } = self.clone();
        let name = uri.host().unwrap().to_owned();
        Box::pin(
            async move { connect(&config, from, to, &name).await.map(|stream| TokioIo::new(Stream(stream))) },
        )
    }
}

/// An encrypted stream that tells which protocol was agreed on.
struct Stream(TlsStream<TcpStream>);

impl Connection for Stream {
    fn connected(&self) -> Connected {
        let connected = Connected::new();
        if self.0.get_ref().1.alpn_protocol() == Some(b"h2") { connected.negotiated_h2() } else { connected }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
