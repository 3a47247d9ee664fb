//! The listeners: accept, count, and hand each connection to a task of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::config::http::Http;
use crate::config::proxies::Proxies;
use crate::web::client_ip::Peer;

use super::connection::{self, Serving};
use super::connections::{Connections, Counted};
use super::stop::Stopping;

/// Bound listeners, not yet serving.
#[derive(Debug)]
pub struct Server {
    listeners: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
    bounds: Http,
    connections: Arc<Connections>,
}

/// An address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} ({error}); stop what uses it, or change listen.addresses")]
pub struct CannotListen {
    address: SocketAddr,
    error: std::io::Error,
}

impl Server {
    /// Listens on all `addresses` or none.
    pub async fn bind(
        addresses: &[SocketAddr],
        bounds: &Http,
        proxies: Arc<Proxies>,
    ) -> Result<Self, CannotListen> {
        let (mut listeners, mut bound) = (Vec::new(), Vec::new());
        for &address in addresses {
            let failed = |error| CannotListen { address, error };
            let listener = TcpListener::bind(address).await.map_err(failed)?;
            bound.push(listener.local_addr().map_err(failed)?);
            listeners.push(listener);
        }
        let connections = Connections::new(bounds, proxies);
        Ok(Self { listeners, addresses: bound, bounds: bounds.clone(), connections })
    }

    /// Where it listens, with the ports the system chose.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Serves `router` until a stop is asked for and everything under way has ended, or its time is over.
    pub async fn serve(self, router: Router, stopping: Stopping) {
        let protocol = connection::protocol(&self.bounds);
        let serving = Arc::new(Serving { protocol, bounds: self.bounds, stopping: stopping.clone() });
        let mut loops = JoinSet::new();
        for listener in self.listeners {
            let door = Door {
                router: router.clone(),
                serving: Arc::clone(&serving),
                connections: Arc::clone(&self.connections),
            };
            loops.spawn(door.accept_all(listener));
        }
        while loops.join_next().await.is_some() {}
        tokio::select! {
            () = self.connections.all_closed() => {}
            () = stopping.now() => {}
        }
    }
}

struct Door {
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
            return;
        };
        // Small answers must not wait for the acknowledgement of earlier ones.
        let _ = stream.set_nodelay(true);
        let peer = Peer { address, encrypted: false };
        tokio::spawn(run(
            counted,
            connection::serve(stream, peer, self.router.clone(), Arc::clone(&self.serving)),
        ));
    }
}

async fn run(counted: Counted, connection: impl Future<Output = ()>) {
    connection.await;
    drop(counted);
}
