//! Secrets at rest: one master key outside the store, a derived key for each purpose, and values sealed to their place.
//!
//! A sealed value opens only under the identity (kind, field, id) it was sealed with, so rows cannot be swapped.
//!
//! Must not: keep a secret in the store unsealed, or make a new master key where data exists.
//! Follows: security requirements R-KS-01, R-KS-03 to R-KS-06; RFC 5869 (HKDF), RFC 2104 (HMAC), NIST SP 800-38D (AES-GCM).

mod derived;
mod first_start;
mod master_key;
mod sealed;

use std::path::Path;
use std::sync::Arc;

use zeroize::Zeroizing;

pub use derived::KeyedHash;
pub use sealed::{Identity, Sealed};

use crate::foundation::{Random, Timestamp};
use crate::storage::{StorageError, Store};
use derived::Derivation;
use master_key::MasterKey;

/// Why something could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealingError {
    /// The master key is missing, wrong or exposed: one sentence for the administrator, with the mend (R-KS-05).
    #[error("{0}")]
    MasterKey(String),
    /// A sealed value does not open here: it is damaged, belongs elsewhere, or another key sealed it.
    #[error("the sealed {0} cannot be opened")]
    Unopenable(String),
    /// A value could not be sealed.
    #[error("the {0} could not be sealed")]
    Unsealable(String),
    /// The store did not answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// When the master key's file in `keys_folder` was written; `None` if there is none. Refuses one that a start would refuse.
pub fn written_at(keys_folder: &Path) -> Result<Option<Timestamp>, SealingError> {
    if MasterKey::read(keys_folder)?.is_none() {
        return Ok(None);
    }
    MasterKey::written_at(keys_folder).map(Some)
}

/// Seals, opens and hashes under the master key.
#[derive(Debug)]
pub struct Sealing {
    derivation: Derivation,
    random: Arc<dyn Random>,
}

impl Sealing {
    /// Reads the master key from `keys_folder`, or makes it at the very first start, and proves that it belongs to `store`.
    ///
    /// Call it before anything else is written: a store that holds data but no proof of its key is refused.
    pub async fn start(
        keys_folder: &Path,
        store: &dyn Store,
        random: Arc<dyn Random>,
    ) -> Result<Self, SealingError> {
        first_start::start(keys_folder, store, random).await
    }

    /// Whether the file in `keys_folder` holds the master key in use. Refuses one that a start would refuse.
    pub fn is_by_file(&self, keys_folder: &Path) -> Result<bool, SealingError> {
        let found = MasterKey::read(keys_folder)?;
        Ok(found.is_some_and(|master| Derivation::new(&master).id() == self.derivation.id()))
    }

    fn new(master: &MasterKey, random: Arc<dyn Random>) -> Self {
        Self { derivation: Derivation::new(master), random }
    }

    /// Seals `secret` to its place. The answer differs each time.
    pub fn seal(&self, identity: Identity<'_>, secret: &[u8]) -> Result<Sealed, SealingError> {
        sealed::seal(&self.derivation, &*self.random, identity, secret)
    }

    /// Opens what was sealed at this very place.
    pub fn open(&self, identity: Identity<'_>, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        sealed::open(&self.derivation, identity, sealed)
    }

    /// HMAC-SHA256 of `data` under the key for `purpose`: for what must be found or compared but not guessed offline.
    pub fn keyed_hash(&self, purpose: &str, data: &[u8]) -> [u8; 32] {
        self.hashing(purpose).of(data)
    }

    /// Whether `hash` is the keyed hash of `data`; takes the same time whatever the answer.
    pub fn verify_keyed_hash(&self, purpose: &str, data: &[u8], hash: &[u8]) -> bool {
        self.hashing(purpose).verify(data, hash)
    }

    /// What makes keyed hashes for `purpose`, its key derived once.
    pub fn hashing(&self, purpose: &str) -> KeyedHash {
        self.derivation.keyed_hash(purpose)
    }

    /// A 256-bit key for `purpose`, the same at each start and on each node.
    pub fn key(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        self.derivation.key(purpose)
    }
}
