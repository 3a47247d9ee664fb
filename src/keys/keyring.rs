//! All signing keys in memory, one of each algorithm in use.

use super::{Jwk, KeyError, SigningKey};
use crate::vocabulary::client_metadata::SigningAlgorithm;

/// The keys, newest first for each algorithm. Never empty of either algorithm.
#[derive(Debug)]
pub struct Keyring {
    keys: Vec<SigningKey>,
}

impl Keyring {
    /// Takes keys, newest first; there must be one of each algorithm.
    pub fn new(keys: Vec<SigningKey>) -> Result<Self, KeyError> {
        let has = |algorithm| keys.iter().any(|key: &SigningKey| key.jwk().alg == algorithm);
        match SigningAlgorithm::ALL.into_iter().find(|algorithm| !has(*algorithm)) {
            Some(missing) => Err(KeyError::Unusable(format!("for {} is missing", missing.as_str()))),
            None => Ok(Self { keys }),
        }
    }

    /// The key that signs with `algorithm` now.
    pub fn signing_key(&self, algorithm: SigningAlgorithm) -> Result<&SigningKey, KeyError> {
        let missing = || KeyError::Unusable(format!("for {} is missing", algorithm.as_str()));
        self.keys.iter().find(|key| key.jwk().alg == algorithm).ok_or_else(missing)
    }

    /// The public half of the key with this `kid`.
    pub fn jwk(&self, kid: &str) -> Option<&Jwk> {
        self.jwks().find(|jwk| jwk.kid == kid)
    }

    /// All public halves, as the JWK set holds them (RFC 7517 section 5).
    pub fn jwks(&self) -> impl Iterator<Item = &Jwk> {
        self.keys.iter().map(SigningKey::jwk)
    }
}
