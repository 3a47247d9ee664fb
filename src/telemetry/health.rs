//! `/live` and `/ready` (R-OP-05). Neither says more than yes, no, or yes but impaired: names and reasons go to the log.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::foundation::{Clock, Timestamp};

/// So long an answer of `/ready` counts, so that asking often costs nothing.
const FRESH: Duration = Duration::from_secs(1);
/// So long one check may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Something that must be well before requests are sent here. It must be cheap and change nothing.
#[async_trait]
pub trait Check: Send + Sync {
    /// `Err` says for the log what is wrong.
    async fn check(&self) -> Result<(), String>;
}

/// The named checks. Not ready until at least one is registered and all pass.
pub struct Health {
    clock: Arc<dyn Clock>,
    checks: Vec<(&'static str, Box<dyn Check>)>,
    lesser: Vec<(&'static str, Box<dyn Check>)>,
    last: Mutex<Option<(Timestamp, bool)>>,
}

impl Health {
    /// Without any check yet: not ready.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, checks: Vec::new(), lesser: Vec::new(), last: Mutex::new(None) }
    }

    /// Adds a check; its name stands in the log when it fails.
    pub fn register(&mut self, name: &'static str, check: impl Check + 'static) {
        self.checks.push((name, Box::new(check)));
    }

    /// Adds a check of something without which requests are still served, only less well.
    pub fn register_lesser(&mut self, name: &'static str, check: impl Check + 'static) {
        self.lesser.push((name, Box::new(check)));
    }

    /// What does not work although requests are served, each with its reason: for administrators, not for `/ready`.
    pub async fn impaired(&self) -> Vec<(&'static str, String)> {
        let mut impaired = Vec::new();
        for (name, check) in &self.lesser {
            if let Err(reason) = check.check().await {
                impaired.push((*name, reason));
            }
        }
        impaired
    }

    /// Whether all checks pass; an answer counts for a second.
    pub async fn is_ready(&self) -> bool {
        let now = self.clock.now();
        if let Some((at, ready)) = *self.last.lock().unwrap_or_else(PoisonError::into_inner)
            && now >= at
            && now.since(at) < FRESH
        {
            return ready;
        }
        let mut ready = !self.checks.is_empty();
        for (name, check) in &self.checks {
            let outcome = tokio::time::timeout(PATIENCE, check.check()).await;
            if let Err(reason) = outcome.unwrap_or_else(|_| Err("took too long".to_owned())) {
                tracing::warn!(check = name, reason, "not ready");
                ready = false;
            }
        }
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, ready));
        ready
    }
}

impl std::fmt::Debug for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.checks.iter().map(|(name, _)| name)).finish()
    }
}

/// `/live` and `/ready`.
pub fn routes(health: Arc<Health>) -> Router {
    Router::new().route("/live", get(live)).route("/ready", get(ready)).with_state(health)
}

async fn live() -> Response {
    answer(StatusCode::OK, "live\n")
}

async fn ready(State(health): State<Arc<Health>>) -> Response {
    if health.is_ready().await {
        let impaired = !health.impaired().await.is_empty();
        answer(StatusCode::OK, if impaired { "ready, but impaired\n" } else { "ready\n" })
    } else {
        answer(StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
    }
}

fn answer(status: StatusCode, text: &'static str) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], text).into_response()
}
