//! How often one application, and all together, may ask for tokens (R-RL-01). What is counted rides in the commit that
//! issues the tokens, so a request that goes well costs none of its own.

use std::sync::Arc;
use std::time::Duration;

use super::rate::EVERYBODY;
use super::{RateLimit, Throttled};
use crate::config::Live;
use crate::foundation::Clock;
use crate::foundation::ids::ClientId;
use crate::storage::{Batch, Outcome, SharedStore, StorageError};

const WINDOW: Duration = Duration::from_secs(60);

/// The limits on token requests of applications that have proved who they are.
#[derive(Debug, Clone)]
pub struct ApplicationLimit {
    store: SharedStore,
    clock: Arc<dyn Clock>,
    settings: Live,
}

impl ApplicationLimit {
    /// Conditions that [`Self::count`] puts first into a batch.
    pub const CONDITIONS: usize = 2;

    /// The limits counted in `store`, as strict as the settings say.
    pub fn new(store: SharedStore, clock: Arc<dyn Clock>, settings: impl Into<Live>) -> Self {
        Self { store, clock, settings: settings.into() }
    }

    /// Begins a batch that counts a request of `client`: it is refused at a bound, by one of its first
    /// [`Self::CONDITIONS`].
    pub fn count(&self, client: &ClientId) -> Batch {
        let (own, all) = self.limits();
        let (now, mut batch) = (self.clock.now(), Batch::new());
        own.count(client.as_str(), now, &mut batch);
        all.count(EVERYBODY, now, &mut batch);
        batch
    }

    /// Whether `outcome`, of a batch that [`Self::count`] began, was a refusal because of a bound.
    pub fn refusal(&self, outcome: Outcome) -> Option<Throttled> {
        let (own, _) = self.limits();
        matches!(outcome, Outcome::Refused(place) if place < Self::CONDITIONS)
            .then(|| own.refusal(self.clock.now()))
    }

    /// Counts a request of `client` that changed nothing else.
    pub async fn count_alone(&self, client: &ClientId) -> Result<Option<Throttled>, StorageError> {
        Ok(self.refusal(self.store.commit(self.count(client)).await?))
    }

    fn limits(&self) -> (RateLimit, RateLimit) {
        let limits = &self.settings.now().limits;
        let own = RateLimit { name: "application", bound: limits.application_requests, window: WINDOW };
        let all = RateLimit { name: "applications", bound: limits.all_requests, window: WINDOW };
        (own, all)
    }
}
