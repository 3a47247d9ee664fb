//! Counts open connections, in all and from each address class, and refuses more than allowed (R-TR-09).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::config::http::Http;
use crate::config::proxies::Proxies;
use crate::foundation::AddressClass;

/// The count.
#[derive(Debug)]
pub struct Connections {
    most: usize,
    most_per_class: usize,
    proxies: Arc<Proxies>,
    by_network: Mutex<HashMap<String, usize>>,
    open: watch::Sender<usize>,
}

/// One counted connection; dropping it counts it off.
#[derive(Debug)]
pub struct Counted {
    connections: Arc<Connections>,
    networks: Vec<String>,
}

/// A /48 may hold as many connections as so many of its /64.
const SITE: usize = 4;

impl Connections {
    /// None open.
    pub fn new(bounds: &Http, proxies: Arc<Proxies>) -> Arc<Self> {
        Arc::new(Self {
            most: bounds.connections,
            most_per_class: bounds.connections_per_address,
            proxies,
            by_network: Mutex::new(HashMap::new()),
            open: watch::Sender::new(0),
        })
    }

    /// Counts one more from `peer`, unless there are too many. Declared proxies count only towards the whole.
    pub fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Counted> {
        let class = AddressClass::of(Some(peer));
        let networks: Vec<_> = [class.as_str().to_owned()].into_iter().chain(class.site()).collect();
        let most = [self.most_per_class, self.most_per_class.saturating_mul(SITE)];
        let mut by_network = self.by_network.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full =
            |(network, most): (&String, usize)| by_network.get(network).is_some_and(|&open| open >= most);
        let too_many_here = networks.iter().zip(most).any(is_full) && !self.proxies.is_trusted(peer);
        if too_many_here || *self.open.borrow() >= self.most {
            return None;
        }
        for network in &networks {
            *by_network.entry(network.clone()).or_default() += 1;
        }
        self.open.send_modify(|open| *open += 1);
        Some(Counted { connections: Arc::clone(self), networks })
    }

    /// Ends when none is open.
    pub async fn all_closed(&self) {
        let _ = self.open.subscribe().wait_for(|open| *open == 0).await;
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut by_network = self.connections.by_network.lock().unwrap_or_else(PoisonError::into_inner);
        for network in &self.networks {
            match by_network.get_mut(network) {
                Some(open) if *open > 1 => *open -= 1,
                _ => drop(by_network.remove(network)),
            }
        }
        self.connections.open.send_modify(|open| *open = open.saturating_sub(1));
    }
}
