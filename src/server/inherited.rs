//! Listening sockets handed over by the system's service manager (systemd socket activation). It keeps them open while we
//! restart, so whoever connects meanwhile waits a moment instead of being refused (R-OP-07).

use std::io;
use std::net::{SocketAddr, TcpListener};

use listenfd::ListenFd;

/// What was handed over and not yet taken.
#[derive(Debug, Default)]
pub struct Inherited(Vec<(SocketAddr, TcpListener)>);

impl Inherited {
    /// Takes over what the environment tells of (`LISTEN_FDS` and `LISTEN_PID`). To be called once.
    pub fn receive() -> io::Result<Self> {
        let mut given = ListenFd::from_env();
        let mut listeners = Vec::new();
        for place in 0..given.len() {
            if let Some(listener) = given.take_tcp_listener(place)? {
                listener.set_nonblocking(true)?;
                listeners.push((listener.local_addr()?, listener));
            }
        }
        Ok(Self(listeners))
    }

    /// The one that listens on `address`.
    pub fn take(&mut self, address: SocketAddr) -> Option<TcpListener> {
        let place = self.0.iter().position(|(theirs, _)| *theirs == address)?;
        Some(self.0.swap_remove(place).1)
    }

    /// An address for which nobody asked.
    pub fn left(&self) -> Option<SocketAddr> {
        self.0.first().map(|(address, _)| *address)
    }
}
