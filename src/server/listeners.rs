//! The listeners: accept, count, and hand each connection to a task of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::config::http::Http;
use crate::config::proxies::Proxies;
use crate::telemetry::metrics;
use crate::web::client_ip::Peer;

use super::connection::{self, Serving};
use super::connections::{Connections, Counted};
use super::inherited::Inherited;
use super::stop::Stopping;
use super::tls::{CannotEncrypt, Tls};

/// Bound listeners, not yet serving.
#[derive(Debug)]
pub struct Server {
    name: &'static str,
    listeners: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
    tls: Option<Arc<ServerConfig>>,
    bounds: Http,
    connections: Arc<Connections>,
}

/// An address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} ({error}); stop what uses it, or change {setting}")]
pub struct CannotListen {
    address: SocketAddr,
    setting: &'static str,
    error: std::io::Error,
}

/// What a server is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// People and applications.
    Everybody,
    /// Those who run it.
    Administrators,
}

impl Audience {
    /// Its name in metrics, and the setting of its addresses.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Everybody => ("public", "listen.addresses"),
            Self::Administrators => ("admin", "admin.listen"),
        }
    }
}

impl Server {
    /// Listens on all `addresses` or none.
    pub async fn bind(
        addresses: &[SocketAddr],
        bounds: &Http,
        proxies: Arc<Proxies>,
    ) -> Result<Self, CannotListen> {
        let mut nothing = Inherited::default();
        Self::bind_for(Audience::Everybody, addresses, bounds, proxies, &mut nothing).await
    }

    /// The same for `audience`, on sockets that were handed over where there are such.
    pub async fn bind_for(
        audience: Audience,
        addresses: &[SocketAddr],
        bounds: &Http,
        proxies: Arc<Proxies>,
        inherited: &mut Inherited,
    ) -> Result<Self, CannotListen> {
        let (name, setting) = audience.words();
        let (mut listeners, mut bound) = (Vec::new(), Vec::new());
        for &address in addresses {
            let failed = |error| CannotListen { address, setting, error };
            let listener = match inherited.take(address) {
                Some(listener) => TcpListener::from_std(listener).map_err(failed)?,
                None => TcpListener::bind(address).await.map_err(failed)?,
            };
            bound.push(listener.local_addr().map_err(failed)?);
            listeners.push(listener);
        }
        let connections = Connections::new(bounds, proxies);
        Ok(Self { name, listeners, addresses: bound, tls: None, bounds: bounds.clone(), connections })
    }

    /// The same, encrypted by us, if there is a certificate.
    pub fn encrypted(mut self, tls: Option<&Tls>) -> Result<Self, CannotEncrypt> {
        self.tls = tls.map(Tls::configuration).transpose()?;
        Ok(self)
    }

    /// Where it listens, with the ports the system chose.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Serves `router` until a stop is asked for and everything under way has ended, or its time is over.
    pub async fn serve(self, router: Router, stopping: Stopping) {
        let protocol = connection::protocol(&self.bounds);
        let stop_time = self.bounds.stop_time;
        let serving = Arc::new(Serving { protocol, bounds: self.bounds, stopping: stopping.clone() });
        let mut loops = JoinSet::new();
        for listener in self.listeners {
            let door = Door {
                name: self.name,
                tls: self.tls.clone().map(TlsAcceptor::from),
                router: router.clone(),
                serving: Arc::clone(&serving),
                connections: Arc::clone(&self.connections),
            };
            loops.spawn(door.accept_all(listener));
        }
        while loops.join_next().await.is_some() {}
        tokio::select! {
            () = self.connections.all_closed() => {}
            () = tokio::time::sleep(stop_time) => {}
            () = stopping.now() => {}
        }
    }
}

#[derive(Clone)]
struct Door {
    name: &'static str,
    tls: Option<TlsAcceptor>,
    router: Router,
    serving: Arc<Serving>,
    connections: Arc<Connections>,
}

impl Door {
    /// Accepts until a stop is asked for.
    async fn accept_all(self, listener: TcpListener) {
        loop {
            let accepted = tokio::select! {
                () = self.serving.stopping.draining() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, address)) => self.admit(stream, address),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    // Out of file handles, most likely: without a pause this would spin.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    fn admit(&self, stream: TcpStream, address: SocketAddr) {
        let Some(counted) = self.connections.admit(address.ip()) else {
            tracing::debug!("a connection too many was closed");
            metrics::connection_refused();
            return;
        };
        // Small answers must not wait for the acknowledgement of earlier ones.
        let _ = stream.set_nodelay(true);
        let encrypted = self.tls.is_some();
        let peer = Peer { address, encrypted };
        tokio::spawn(self.clone().run(counted, stream, peer));
    }

    async fn run(self, counted: Counted, stream: TcpStream, peer: Peer) {
        metrics::connection_opened(self.name);
        match &self.tls {
            None => connection::serve(stream, peer, self.router, self.serving).await,
            Some(acceptor) => match shake_hands(acceptor, stream, &self.serving).await {
                Some(stream) => connection::serve(stream, peer, self.router, self.serving).await,
                None => metrics::handshake_failed(),
            },
        }
        metrics::connection_closed(self.name);
        drop(counted);
    }
}

/// The encrypted stream, unless the other end fails, takes longer than headers may, or a stop comes first.
async fn shake_hands(
    acceptor: &TlsAcceptor,
    stream: TcpStream,
    serving: &Serving,
) -> Option<TlsStream<TcpStream>> {
    let done = tokio::time::timeout(serving.bounds.header_time, acceptor.accept(stream));
    tokio::select! {
        () = serving.stopping.now() => None,
        done = done => done.ok()?.inspect_err(|error| tracing::debug!(%error, "no TLS connection came about")).ok(),
    }
}
