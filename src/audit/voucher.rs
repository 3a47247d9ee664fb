//! Vouches for events that are not linked yet: a hash under a key made of the master key stands in the event's marker, so that
//! whoever can write to the store, but has no master key, gets nothing linked.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::sealing::{KeyedHash, Sealing};
use crate::storage::{Key, Raw};

const PURPOSE: &str = "audit event";

/// Makes and checks the proofs of markers.
#[derive(Debug, Clone)]
pub(super) struct Voucher(KeyedHash);

impl Voucher {
    pub(super) fn new(sealing: &Sealing) -> Self {
        Self(sealing.hashing(PURPOSE))
    }

    /// The proof that the event at `key` is `record`, word for word; base64url.
    pub(super) fn proof(&self, key: &Key, record: &Raw) -> String {
        URL_SAFE_NO_PAD.encode(self.0.of(&statement(key, record)))
    }

    /// Whether `proof` was made for this record at this key.
    pub(super) fn made(&self, proof: &str, key: &Key, record: &Raw) -> bool {
        URL_SAFE_NO_PAD.decode(proof).is_ok_and(|proof| self.0.verify(&statement(key, record), &proof))
    }
}

/// The key stands behind its length, so that no two statements share bytes.
fn statement(key: &Key, record: &Raw) -> Vec<u8> {
    let key = key.as_bytes();
    let length = u64::try_from(key.len()).unwrap_or(u64::MAX).to_be_bytes();
    [length.as_slice(), key, &record.json].concat()
}
