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
    by_class: Mutex<HashMap<AddressClass, usize>>,
    open: watch::Sender<usize>,
}

/// One counted connection; dropping it counts it off.
#[derive(Debug)]
pub struct Counted {
    connections: Arc<Connections>,
    class: AddressClass,
}

impl Connections {
    /// None open.
    pub fn new(bounds: &Http, proxies: Arc<Proxies>) -> Arc<Self> {
        Arc::new(Self {
            most: bounds.connections,
            most_per_class: bounds.connections_per_address,
            proxies,
            by_class: Mutex::new(HashMap::new()),
            open: watch::Sender::new(0),
        })
    }

    /// Counts one more from `peer`, unless there are too many. Declared proxies count only towards the whole.
    pub fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Counted> {
        let class = AddressClass::of(Some(peer));
        let mut by_class = self.by_class.lock().unwrap_or_else(PoisonError::into_inner);
        let here = by_class.get(&class).copied().unwrap_or(0);
        let too_many_here = here >= self.most_per_class && !self.proxies.is_trusted(peer);
        if too_many_here || *self.open.borrow() >= self.most {
            return None;
        }
        by_class.insert(class.clone(), here + 1);
        self.open.send_modify(|open| *open += 1);
        Some(Counted { connections: Arc::clone(self), class })
    }

    /// Ends when none is open.
    pub async fn all_closed(&self) {
        let _ = self.open.subscribe().wait_for(|open| *open == 0).await;
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut by_class = self.connections.by_class.lock().unwrap_or_else(PoisonError::into_inner);
        match by_class.get_mut(&self.class) {
            Some(here) if *here > 1 => *here -= 1,
            _ => drop(by_class.remove(&self.class)),
        }
        self.connections.open.send_modify(|open| *open = open.saturating_sub(1));
    }
}
