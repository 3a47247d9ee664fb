//! Sign-ins under way: kept 300 seconds by their `state`, bound to the browser, and gone on first use.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::foundation::Timestamp;
use crate::foundation::secret::{BrowserSecret, Hashed, Plain};

/// How long an answer is waited for; the real client's default.
pub const LIFETIME: Duration = Duration::from_secs(300);

/// So many are kept; the oldest give way.
const MOST: usize = 1000;

/// One sign-in that was started.
#[derive(Debug, Clone)]
pub struct Flow {
    /// The browser it was started in.
    pub browser: Hashed<BrowserSecret>,
    /// What the ID token must repeat.
    pub nonce: String,
    /// Where the browser goes in the end: an own path.
    pub destination: String,
    /// When it was started.
    pub started: Timestamp,
}

/// All of them, by `state`.
#[derive(Debug, Default)]
pub struct Flows(Mutex<BTreeMap<String, Flow>>);

impl Flows {
    /// Remembers a flow under its `state`.
    pub fn insert(&self, state: String, flow: Flow) {
        let mut flows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = flow.started;
        flows.retain(|_, kept| now.since(kept.started) < LIFETIME);
        if flows.len() >= MOST
            && let Some(oldest) =
                flows.iter().min_by_key(|(_, kept)| kept.started).map(|(state, _)| state.clone())
        {
            flows.remove(&oldest);
        }
        flows.insert(state, flow);
    }

    /// The flow of `state`, this once, if it is young enough and was started in this browser.
    pub fn take(&self, state: &str, browser: Option<&Plain<BrowserSecret>>, now: Timestamp) -> Option<Flow> {
        let mut flows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let flow = flows.remove(state)?;
        let young = now.since(flow.started) < LIFETIME;
        let bound = browser.is_some_and(|browser| browser.hash() == flow.browser);
        (young && bound).then_some(flow)
    }
}
