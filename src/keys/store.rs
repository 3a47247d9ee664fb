//! Where signing keys stand: `signing-key/<kid>`, sealed with that very place as associated data (R-KS-03).

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::keyring::KeySet;
use super::rotation::Phase;
use super::{KeyError, SigningKey};
use crate::foundation::Timestamp;
use crate::sealing::{Identity, Sealed, Sealing};
use crate::storage::{Batch, Key, Record, Revision, SharedStore, StorageError};
use crate::vocabulary::client_metadata::SigningAlgorithm;

const KIND: &str = "signing-key";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct StoredKey {
    pub(super) algorithm: SigningAlgorithm,
    pub(super) created_at: Timestamp,
    pub(super) phase: Phase,
    pkcs8: Sealed,
}

impl Record for StoredKey {
    const VERSION: u16 = 2;

    /// Before rotation there was one key of each algorithm, and it signed.
    fn upgrade(_version: u16, mut value: Value) -> Result<Value, StorageError> {
        let signing = json!({ "is": "signing", "since": value.get("created_at"), "successor": null });
        if let Value::Object(members) = &mut value {
            members.insert("phase".to_owned(), signing);
        }
        Ok(value)
    }
}

/// A key as it was read.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) kid: String,
    pub(super) revision: Revision,
    pub(super) stored: StoredKey,
}

impl Held {
    /// Adds to `batch` that the key enters `phase`, if nobody changed it since.
    pub(super) fn enter(&self, phase: Phase, batch: &mut Batch) {
        batch.require_revision(key(&self.kid), self.revision);
        batch.put(key(&self.kid), &StoredKey { phase, ..self.stored.clone() }, None);
    }

    /// Adds to `batch` that the key is gone, private half and all, if nobody changed it since.
    pub(super) fn remove(&self, batch: &mut Batch) {
        batch.require_revision(key(&self.kid), self.revision).delete(key(&self.kid));
    }

    fn open(&self, sealing: &Sealing) -> Result<SigningKey, KeyError> {
        let der = sealing.open(place(&self.kid), &self.stored.pkcs8)?;
        SigningKey::from_pkcs8(self.stored.algorithm, &der)
    }
}

/// All keys, the newest first.
pub(super) async fn load(store: &SharedStore) -> Result<Vec<Held>, KeyError> {
    let mut keys = Vec::new();
    for (key, raw) in store.scan(&Key::prefix(KIND, &[]), None, 100).await? {
        let read = raw.decode::<StoredKey>()?;
        keys.push(Held { kid: key.last_part(), revision: read.revision, stored: read.value });
    }
    keys.sort_by_key(|held| std::cmp::Reverse(held.stored.created_at));
    Ok(keys)
}

/// Private halves are unsealed for signing only; of the others the public half is enough.
pub(super) fn unseal(keys: &[Held], sealing: &Sealing) -> Result<KeySet, KeyError> {
    let (mut signing, mut others) = (Vec::new(), Vec::new());
    for held in keys {
        let opened = held.open(sealing)?;
        match held.stored.phase {
            Phase::Signing { .. } => signing.push(Arc::new(opened)),
            Phase::Announced { .. } | Phase::Retired { .. } => others.push(opened.jwk().clone()),
        }
    }
    KeySet::new(signing, others, revisions(keys))
}

/// What tells one state of the keys from another.
pub(super) fn revisions(keys: &[Held]) -> Vec<Revision> {
    keys.iter().map(|held| held.revision).collect()
}

/// Makes a key of `algorithm` and adds it to `batch`; answers its `kid`. RSA takes a tenth of a second, elsewhere.
pub(super) async fn make(
    algorithm: SigningAlgorithm,
    phase: Phase,
    now: Timestamp,
    sealing: &Sealing,
    batch: &mut Batch,
) -> Result<String, KeyError> {
    let made = tokio::task::spawn_blocking(move || {
        let der = SigningKey::generate(algorithm)?;
        let kid = SigningKey::from_pkcs8(algorithm, &der)?.jwk().kid.clone();
        Ok::<_, KeyError>((kid, der))
    });
    let (kid, der) = made.await.map_err(|error| KeyError::Unusable(error.to_string()))??;
    let pkcs8 = sealing.seal(place(&kid), &der)?;
    batch.require_absent(key(&kid));
    batch.put(key(&kid), &StoredKey { algorithm, created_at: now, phase, pkcs8 }, None);
    Ok(kid)
}

/// Adds to `batch` that it makes the very first key of `algorithm`: of several starts at once, one does (R-KS-01).
pub(super) fn require_first(algorithm: SigningAlgorithm, batch: &mut Batch) {
    let first = Key::new("first-signing-key", &[algorithm.as_str()]);
    batch.require_absent(first.clone()).add(first, 1, None);
}

fn key(kid: &str) -> Key {
    Key::new(KIND, &[kid])
}

fn place(kid: &str) -> Identity<'_> {
    Identity { kind: KIND, field: "pkcs8", id: kid }
}
