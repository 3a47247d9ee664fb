//! Backups: a copy of everything in a form that no engine knows, compressed, encrypted to a recipient's key, and proven by
//! reading it back (R-OP-10).
//!
//! A file is an age file (age-encryption.org/v1, X25519) around gzip (RFC 1952) around [`frames`]: so it can be opened without
//! us too. What is read is never trusted: lengths are bounded before anything is kept, each record has its checksum, the
//! whole its count and digest, and nothing is written before all of it was read once. Whether it was made here is said by an
//! authentication code over the digest, to be checked where the master key is.
//!
//! Must not: know what a record means, or let a private key or an unencrypted record reach a disk.

pub mod file;
pub mod frames;
pub mod key;

use serde::{Deserialize, Serialize};

use super::{Revision, StorageError};
use crate::foundation::Timestamp;

/// What stands before the records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The number of the store that was copied.
    pub store: u64,
    /// The version of Keyward that made the copy.
    pub product: String,
    /// When.
    pub made_at: Timestamp,
    /// The highest revision the store had given out.
    pub revision: Revision,
}

/// What a whole copy amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// How many records.
    pub records: u64,
    /// How many bytes, uncompressed.
    pub bytes: u64,
    /// SHA-256 over head and records.
    pub digest: [u8; 32],
}

/// A backup that was read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// What it says of itself.
    pub head: Head,
    /// What it amounts to.
    pub summary: Summary,
    /// The [`Authentication`] of its digest. Whoever reads a backup cannot tell whether it is right: that takes the master key.
    pub code: [u8; 32],
}

/// HMAC-SHA256 (RFC 2104) of a copy's digest, under a key that only its installation has. The key that opens backups is not
/// enough to make one that passes for this installation's.
pub type Authentication = Box<dyn Fn(&[u8; 32]) -> [u8; 32] + Send + Sync>;

/// Why a backup was not made or not read: one sentence for the administrator.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file or folder is in the way, or cannot be used.
    #[error("{0}")]
    Place(String),
    /// A key is not one, or not the right one.
    #[error("{0}")]
    Key(String),
    /// What was read is no whole backup.
    #[error("this is no whole backup ({0}); take another one")]
    Damaged(String),
    /// It holds records of a kind that this program does not know, so nobody can say whether they may live again.
    #[error(
        "the backup holds records of the kind {0:?}, which this program does not know: restore it with the version of Keyward that made it, or a newer one"
    )]
    Unknown(String),
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}
