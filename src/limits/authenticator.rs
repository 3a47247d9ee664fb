//! Locks on enrolled factors after failures in a row (R-RL-04, R-MF-10).

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Throttled;
use crate::config::Live;
use crate::foundation::ids::CredentialId;
use crate::foundation::{Clock, Timestamp};
use crate::storage::{Batch, Key, Record, SharedStore, StorageError, Stored};

/// Why an enrolled factor may not be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocked {
    /// For a while.
    Throttled(Throttled),
    /// Until an administrator resets it: too many failures in a row, 50 by default.
    Disabled,
}

/// Consecutive failures of one enrolled factor. Belongs to the factor: no session, journey or address changes it (R-MF-10).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Failures {
    consecutive: u64,
    blocked_until: Option<Timestamp>,
}

impl Record for Failures {}

/// Locks on enrolled factors. By default a pause of 1 s after each failure from the 3rd, 15 minutes after each fifth,
/// disabled at 50.
#[derive(Debug, Clone)]
pub struct AuthenticatorLockout {
    store: SharedStore,
    clock: Arc<dyn Clock>,
    settings: Live,
}

/// How many failures in a row bring what.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    failures: u64,
    pause: Duration,
    ceiling: u64,
}

/// A try that was counted and is not yet decided: a failure unless it is given back or its factor's failures forgotten.
#[derive(Debug)]
pub struct CountedProof {
    credential: CredentialId,
    blocked_until: Option<Timestamp>,
    failures: u64,
}

impl CountedProof {
    /// Which failure in a row this one is, if it is one.
    pub fn failures(&self) -> u64 {
        self.failures
    }

    /// The factor that was tried.
    pub fn credential(&self) -> &CredentialId {
        &self.credential
    }
}

impl AuthenticatorLockout {
    /// The failure from which on each is followed by a pause of a second.
    const FIRST_PAUSE: u64 = 3;

    /// The locks kept in `store`, as strict as `limits` says.
    pub fn new(store: SharedStore, clock: Arc<dyn Clock>, limits: impl Into<Live>) -> Self {
        Self { store, clock, settings: limits.into() }
    }

    fn bounds(&self) -> Bounds {
        let limits = &self.settings.now().limits;
        Bounds {
            failures: limits.factor_failures,
            pause: limits.factor_pause,
            ceiling: limits.factor_ceiling,
        }
    }

    /// Counts a try as a failure before the proof is looked at; [`Self::succeeded`] takes it back.
    /// Of parallel callers only as many get past as the limit allows.
    pub async fn count(
        &self,
        credential: &CredentialId,
    ) -> Result<Result<CountedProof, Blocked>, StorageError> {
        loop {
            let key = authenticator_key(credential);
            let found = self.store.fetch::<Failures>(&key).await?;
            let now = self.clock.now();
            let mut batch = Batch::new();
            let mut failures = match found {
                Some(stored) => {
                    batch.require_revision(key.clone(), stored.revision);
                    stored.value
                }
                None => {
                    batch.require_absent(key.clone());
                    Failures::default()
                }
            };
            let bounds = self.bounds();
            if let Some(blocked) = failures.blocked(bounds, now) {
                return Ok(Err(blocked));
            }
            failures.add(bounds, now);
            batch.put(key, &failures, None);
            if self.store.commit(batch).await?.is_done() {
                return Ok(Ok(CountedProof {
                    credential: credential.clone(),
                    blocked_until: failures.blocked_until,
                    failures: failures.consecutive,
                }));
            }
        }
    }

    /// Takes back a try that was no failure of its factor: the proof was never looked at, or was that of another. The
    /// block this try caused goes with it, one that another try caused stays. To be asked anew if `batch` is refused.
    pub async fn give_back(&self, counted: &CountedProof, batch: &mut Batch) -> Result<(), StorageError> {
        let key = authenticator_key(&counted.credential);
        if let Some(Stored { mut value, revision, .. }) = self.store.fetch::<Failures>(&key).await? {
            value.consecutive = value.consecutive.saturating_sub(1);
            if value.blocked_until == counted.blocked_until {
                value.blocked_until = None;
            }
            batch.require_revision(key.clone(), revision).put(key, &value, None);
        }
        Ok(())
    }

    /// Forgets the failures of `credential`, in the commit that accepts its proof or resets it.
    pub fn succeeded(credential: &CredentialId, batch: &mut Batch) {
        batch.delete(authenticator_key(credential));
    }
}

impl Failures {
    fn blocked(&self, bounds: Bounds, now: Timestamp) -> Option<Blocked> {
        if self.consecutive >= bounds.ceiling {
            return Some(Blocked::Disabled);
        }
        let until = self.blocked_until.filter(|until| *until > now)?;
        Some(Blocked::Throttled(Throttled::after(until.since(now))))
    }

    fn add(&mut self, bounds: Bounds, now: Timestamp) {
        self.consecutive = self.consecutive.saturating_add(1);
        self.blocked_until = match self.consecutive {
            n if n.is_multiple_of(bounds.failures) => Some(now.plus(bounds.pause)),
            AuthenticatorLockout::FIRST_PAUSE.. => Some(now.plus(Duration::from_secs(1))),
            _ => None,
        };
    }
}

fn authenticator_key(credential: &CredentialId) -> Key {
    Key::new("limit_authenticator", &[credential.as_str()])
}
