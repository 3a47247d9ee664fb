//! The pepper: a random secret that enters every password hash and is stored sealed, apart from the hashes (R-PW-03).
//! A copy of the store without the master key is thus of no use for guessing passwords.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::UserError;
use crate::foundation::{Random, random};
use crate::sealing::{Identity, Sealed, Sealing};
use crate::storage::{Batch, Key, Record, SharedStore, StorageError};

const IDENTITY: Identity<'static> = Identity { kind: "password_pepper", field: "sealed", id: "1" };

/// The pepper in use.
#[derive(Clone)]
pub struct Pepper(Arc<Zeroizing<[u8; 32]>>);

#[derive(Serialize, Deserialize)]
struct SealedPepper {
    sealed: Sealed,
}

impl Record for SealedPepper {}

impl Pepper {
    /// The store's pepper; made at the first start. Of several nodes that start at once, one makes it.
    pub async fn load(
        store: &SharedStore,
        sealing: &Sealing,
        random: &dyn Random,
    ) -> Result<Self, UserError> {
        let key = Key::new("password_pepper", &["1"]);
        if let Some(stored) = store.fetch::<SealedPepper>(&key).await? {
            return Self::open(&stored.value, sealing);
        }
        let fresh = Zeroizing::new(random::bytes::<32>(random));
        let record = SealedPepper { sealed: sealing.seal(IDENTITY, fresh.as_slice())? };
        let mut batch = Batch::new();
        batch.require_absent(key.clone()).put(key.clone(), &record, None);
        store.commit(batch).await?;
        // Whoever won, the stored one counts.
        let stored = store.fetch::<SealedPepper>(&key).await?.ok_or(UserError::Conflict)?;
        Self::open(&stored.value, sealing)
    }

    fn open(record: &SealedPepper, sealing: &Sealing) -> Result<Self, UserError> {
        let plain = sealing.open(IDENTITY, &record.sealed)?;
        let bytes = <[u8; 32]>::try_from(plain.as_slice())
            .map_err(|_| StorageError::Corrupt("the password pepper has not 32 bytes".to_owned()))?;
        Ok(Self(Arc::new(Zeroizing::new(bytes))))
    }

    /// The secret, for recipes.
    pub fn share(&self) -> Arc<Zeroizing<[u8; 32]>> {
        Arc::clone(&self.0)
    }
}

impl std::fmt::Debug for Pepper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(hidden)")
    }
}
