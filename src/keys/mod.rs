//! The signing keys: made at first start, kept sealed in the store, parsed once, published as a JWK set, and exchanged on
//! schedule or by command while the server runs.
//!
//! Must not: hand out a private key, or know what is signed.
//! Follows: RFC 7515, RFC 7517, RFC 7518, RFC 7638; security requirements R-KS-01, R-KS-02, R-KS-07, R-UI-06, R-UI-07.
//! Signing is aws-lc's (constant time, decision 0002); the `rsa` crate only reads public keys.

pub mod jwk;
pub mod keyring;
pub mod rotation;
pub mod sign;
pub mod store;
pub mod verify;

pub use jwk::Jwk;
pub use keyring::{KeySet, Keyring};
pub use rotation::{KeyStatus, Rotation};
pub use sign::SigningKey;
pub use verify::{HintError, IdTokenHint};

use crate::sealing::SealingError;
use crate::storage::StorageError;

/// Why keys could not be made, read or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A key could not be unsealed.
    #[error(transparent)]
    Sealing(#[from] SealingError),
    /// A key is damaged, too short, or the library refused it.
    #[error("signing key {0}")]
    Unusable(String),
    /// What was asked for cannot be: one sentence for the administrator.
    #[error("{0}")]
    Refused(String),
}
