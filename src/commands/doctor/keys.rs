//! Whether every algorithm has a key that signs, and the keys in use are those in the store.

use async_trait::async_trait;

use super::{Check, Finding};
use crate::keys::{Rotation, rotation::Phase};
use crate::vocabulary::client_metadata::SigningAlgorithm;

/// The check.
#[derive(Debug)]
pub struct SigningKeys {
    /// The keys, as they take turns.
    pub rotation: Rotation,
}

#[async_trait]
impl Check for SigningKeys {
    fn name(&self) -> &'static str {
        "keys"
    }

    async fn look(&self) -> Finding {
        let stored = match self.rotation.list().await {
            Ok(stored) => stored,
            Err(error) => {
                let mend = "put back the master key that belongs to this data, or restore the newest backup";
                return Finding::wrong(error.to_string(), mend);
            }
        };
        for algorithm in SigningAlgorithm::ALL {
            let Ok(used) = self.rotation.keyring().signing_key(algorithm) else {
                let what = format!("no key signs with {}", algorithm.as_str());
                return Finding::wrong(what, "make one with: keyward key rotate");
            };
            let kid = &used.jwk().kid;
            if !stored.iter().any(|key| key.kid == *kid && matches!(key.phase, Phase::Signing { .. })) {
                let what =
                    format!("the key that signs with {} is not the one in the store", algorithm.as_str());
                return Finding::wrong(what, "restart the server");
            }
        }
        Finding::Well(format!("{} signing keys, one in use for each algorithm", stored.len()))
    }
}
