//! The keys in use, in memory. The whole set is exchanged at once while others sign and verify: they go on with the set
//! they took, and nobody waits for more than the copy of a pointer.

use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::{Jwk, KeyError, SigningKey};
use crate::storage::Revision;
use crate::vocabulary::client_metadata::SigningAlgorithm;

/// The present set of keys, to be exchanged as a whole.
#[derive(Debug)]
pub struct Keyring(RwLock<Arc<KeySet>>);

/// One state of the keys: which of them sign, and all that are published.
#[derive(Debug)]
pub struct KeySet {
    signing: Vec<Arc<SigningKey>>,
    published: Vec<Jwk>,
    document: String,
    tag: String,
    pub(super) revisions: Vec<Revision>,
}

impl Keyring {
    /// A ring of these keys.
    pub fn new(keys: KeySet) -> Self {
        Self(RwLock::new(Arc::new(keys)))
    }

    /// The keys at this moment.
    pub fn present(&self) -> Arc<KeySet> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The key that signs with `algorithm` now.
    pub fn signing_key(&self, algorithm: SigningAlgorithm) -> Result<Arc<SigningKey>, KeyError> {
        self.present().signing_key(algorithm)
    }

    pub(super) fn exchange(&self, keys: KeySet) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }
}

impl KeySet {
    /// Takes the keys that sign, one of each algorithm, the public halves of all others that are to be published, and the
    /// revisions of all, by which the set is known in the store.
    pub fn new(
        signing: Vec<Arc<SigningKey>>,
        others: Vec<Jwk>,
        revisions: Vec<Revision>,
    ) -> Result<Self, KeyError> {
        let published: Vec<_> = signing.iter().map(|key| key.jwk().clone()).chain(others).collect();
        let document = json!({ "keys": published }).to_string();
        let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest(&SHA256, document.as_bytes())));
        let keys = Self { signing, published, document, tag, revisions };
        SigningAlgorithm::ALL
            .into_iter()
            .try_for_each(|algorithm| keys.signing_key(algorithm).map(|_| ()))?;
        Ok(keys)
    }

    /// The key that signs with `algorithm`.
    pub fn signing_key(&self, algorithm: SigningAlgorithm) -> Result<Arc<SigningKey>, KeyError> {
        let missing = || KeyError::Unusable(format!("for {} is missing", algorithm.as_str()));
        self.signing.iter().find(|key| key.jwk().alg == algorithm).cloned().ok_or_else(missing)
    }

    /// The public half of the published key with this `kid`.
    pub fn jwk(&self, kid: &str) -> Option<&Jwk> {
        self.published.iter().find(|jwk| jwk.kid == kid)
    }

    /// All public halves as the JWK set (RFC 7517 section 5), in JSON.
    pub fn document(&self) -> &str {
        &self.document
    }

    /// The entity tag of [`Self::document`], with its quotes (RFC 9110 section 8.8.3).
    pub fn tag(&self) -> &str {
        &self.tag
    }
}
