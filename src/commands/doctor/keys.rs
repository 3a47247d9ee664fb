//! Whether every algorithm has a key that signs, the keys in use are those in the store, and they take turns in time.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{Check, Finding};
use crate::foundation::Clock;
use crate::keys::rotation::{KeyStatus, Phase};
use crate::keys::{KeyError, Rotation};
use crate::vocabulary::client_metadata::SigningAlgorithm;

/// So late a change may be: a running server makes it within a minute.
const LATE: Duration = Duration::from_secs(60 * 60);

/// The check.
#[derive(Debug)]
pub struct SigningKeys {
    /// The keys, as they take turns.
    pub rotation: Rotation,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl Check for SigningKeys {
    fn name(&self) -> &'static str {
        "signing keys"
    }

    async fn look(&self) -> Finding {
        self.judge().await.unwrap_or_else(|error| {
            Finding::wrong(
                error.to_string(),
                "put back the master key that belongs to this data, or restore the newest backup",
            )
        })
    }
}

impl SigningKeys {
    async fn judge(&self) -> Result<Finding, KeyError> {
        let (stored, now) = (self.rotation.list().await?, self.clock.now());
        let mut told = Vec::new();
        for algorithm in SigningAlgorithm::ALL {
            let name = algorithm.as_str();
            let used = self.rotation.keyring().signing_key(algorithm)?;
            let Some(since) = signs_since(&stored, &used.jwk().kid) else {
                let what = format!("the key that signs with {name} is not the one in the store");
                return Ok(Finding::wrong(what, "restart the server"));
            };
            let next = self.rotation.next_change(&stored, algorithm);
            if let Some(due) = next.filter(|due| due.plus(LATE) < now) {
                let what =
                    format!("the key that signs with {name} should have been replaced on {}", due.day());
                return Ok(Finding::warning(
                    what,
                    "let the server run: it replaces keys by itself, after a day of notice",
                ));
            }
            let next = next.map(|next| format!(" until {}", next.day())).unwrap_or_default();
            told.push(format!("{name} since {}{next}", since.day()));
        }
        Ok(Finding::Well(format!("one key signs for each algorithm: {}", told.join(", "))))
    }
}

fn signs_since(stored: &[KeyStatus], kid: &str) -> Option<crate::foundation::Timestamp> {
    stored.iter().find(|key| key.kid == kid).and_then(|key| match key.phase {
        Phase::Signing { since, .. } => Some(since),
        Phase::Announced { .. } | Phase::Retired { .. } => None,
    })
}
