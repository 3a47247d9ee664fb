//! Requests of our own that went out and should come in again: how they arrive tells what proxies make of requests. Nothing
//! is answered about them to whoever sent them, and who knows none of our words can send none.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName};

use super::client_ip::{NearestHop, Peer, nearest_hop};
use super::host::addressed_host;
use crate::config::proxies::Proxies;
use crate::foundation::{Random, random};

/// The header by which a probe is known.
pub const HEADER: HeaderName = HeaderName::from_static("keyward-probe");

/// How a probe came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// From which address.
    pub peer: IpAddr,
    /// Whether that is a declared proxy's.
    pub is_declared: bool,
    /// Whether the connection was encrypted by us.
    pub encrypted: bool,
    /// The host it asked for; `None` where none can be read.
    pub host: Option<String>,
    /// For whom the nearest proxy asked.
    pub hop: NearestHop,
}

/// The probes under way.
#[derive(Debug, Clone, Default)]
pub struct Probes(Arc<Mutex<BTreeMap<String, Option<Arrival>>>>);

/// One probe; it is forgotten when dropped.
#[derive(Debug)]
pub struct Probe {
    /// The value of its header: a word that nobody can guess.
    pub word: String,
    probes: Probes,
}

impl Probes {
    /// Begins to look out for a new probe.
    pub fn expect(&self, random: &dyn Random) -> Probe {
        let word = random::alphanumeric(random, 24);
        self.lock().insert(word.clone(), None);
        Probe { word, probes: self.clone() }
    }

    fn note(&self, headers: &HeaderMap, arrival: impl FnOnce() -> Option<Arrival>) {
        let Some(word) = headers.get(HEADER).and_then(|word| word.to_str().ok()) else { return };
        if let Some(place) = self.lock().get_mut(word) {
            *place = arrival();
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Option<Arrival>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Probe {
    /// How it came in, if it did.
    pub fn arrival(&self) -> Option<Arrival> {
        self.probes.lock().get(&self.word).cloned().flatten()
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.probes.lock().remove(&self.word);
    }
}

/// Notes a probe as it comes in, before anything is refused.
pub fn note_probe(probes: &Probes, proxies: &Proxies, request: &Request) {
    probes.note(request.headers(), || {
        let peer = request.extensions().get::<Peer>()?;
        let address = peer.address.ip().to_canonical();
        Some(Arrival {
            peer: address,
            is_declared: proxies.is_trusted(address),
            encrypted: peer.encrypted,
            host: addressed_host(address, request, proxies).ok(),
            hop: nearest_hop(request.headers(), proxies.header),
        })
    });
}
