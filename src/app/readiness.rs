//! What must be well before requests are sent here (R-OP-05).

use std::sync::Arc;

use async_trait::async_trait;

use crate::audit::Chain;
use crate::foundation::{Clock, Timestamp};
use crate::lifecycle::post::Way;
use crate::storage::{Key, SharedStore};
use crate::telemetry::health::{Check, Health};

/// The checks of this installation. Keys are loaded before anything is served.
pub(super) fn ready_when(store: &SharedStore, clock: Arc<dyn Clock>, mail: Way, chain: &Chain) -> Health {
    let mut health = Health::new(clock.clone());
    health.register("store", StoreAnswers(store.clone()));
    health.register("clock", ClockIsSane(clock));
    health.register_lesser("mail", mail);
    health.register_lesser("audit", chain.clone());
    health
}

/// The store acknowledges and answers: it has not failed since the start.
struct StoreAnswers(SharedStore);

#[async_trait]
impl Check for StoreAnswers {
    async fn check(&self) -> Result<(), String> {
        if let Some(failure) = self.0.failure().borrow().clone() {
            return Err(failure);
        }
        let probe = Key::new("health", &["probe"]);
        self.0.get(&[probe]).await.map(|_| ()).map_err(|error| error.to_string())
    }
}

/// The clock is not before this program was written (R-OP-11).
struct ClockIsSane(Arc<dyn Clock>);

/// 2026-11-01T00:00:00Z.
pub(super) const WRITTEN: Timestamp = Timestamp(1_793_491_200_000);

#[async_trait]
impl Check for ClockIsSane {
    async fn check(&self) -> Result<(), String> {
        if self.0.now() >= WRITTEN { Ok(()) } else { Err("the machine's clock is years behind".to_owned()) }
    }
}
