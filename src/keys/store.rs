//! Where signing keys stand: `signing-key/<kid>`, sealed with that very place as associated data (R-KS-03).

use serde::{Deserialize, Serialize};

use super::{KeyError, Keyring, SigningKey};
use crate::foundation::{Clock, Timestamp};
use crate::sealing::{Identity, Sealed, Sealing};
use crate::storage::{Batch, Key, Record, SharedStore};
use crate::vocabulary::client_metadata::SigningAlgorithm;

const KIND: &str = "signing-key";

#[derive(Serialize, Deserialize)]
struct StoredKey {
    algorithm: SigningAlgorithm,
    created_at: Timestamp,
    pkcs8: Sealed,
}

impl Record for StoredKey {}

/// The keys of this store; makes one for each algorithm that has none yet (R-KS-01). Two processes cannot both make one:
/// the keys of an algorithm hang on one conditional commit.
pub async fn load_or_make(
    store: &SharedStore,
    sealing: &Sealing,
    clock: &dyn Clock,
) -> Result<Keyring, KeyError> {
    let mut keys = load(store, sealing).await?;
    for algorithm in SigningAlgorithm::ALL {
        if !keys.iter().any(|key| key.jwk().alg == algorithm) {
            make(store, sealing, clock, algorithm).await?;
            keys = load(store, sealing).await?;
        }
    }
    Keyring::new(keys)
}

async fn load(store: &SharedStore, sealing: &Sealing) -> Result<Vec<SigningKey>, KeyError> {
    let page = store.scan(&Key::prefix(KIND, &[]), None, 100).await?;
    let mut keys = Vec::with_capacity(page.len());
    for (key, raw) in page {
        let stored = raw.decode::<StoredKey>()?.value;
        let der = sealing.open(place(&key.last_part()), &stored.pkcs8)?;
        keys.push((stored.created_at, SigningKey::from_pkcs8(stored.algorithm, &der)?));
    }
    keys.sort_by_key(|(created_at, _)| std::cmp::Reverse(*created_at));
    Ok(keys.into_iter().map(|(_, key)| key).collect())
}

async fn make(
    store: &SharedStore,
    sealing: &Sealing,
    clock: &dyn Clock,
    algorithm: SigningAlgorithm,
) -> Result<(), KeyError> {
    let der = SigningKey::generate(algorithm)?;
    let kid = SigningKey::from_pkcs8(algorithm, &der)?.jwk().kid.clone();
    let pkcs8 = sealing.seal(place(&kid), &der)?;
    let record = StoredKey { algorithm, created_at: clock.now(), pkcs8 };
    let first = Key::new("first-signing-key", &[algorithm.as_str()]);
    let mut batch = Batch::new();
    batch.require_absent(first.clone()).add(first, 1, None).put(Key::new(KIND, &[&kid]), &record, None);
    store.commit(batch).await?;
    Ok(())
}

fn place(kid: &str) -> Identity<'_> {
    Identity { kind: KIND, field: "pkcs8", id: kid }
}
