//! Keys derived from the master key, one a purpose (R-KS-04), with HKDF-SHA256 (RFC 5869).

use aws_lc_rs::{hkdf, hmac};
use zeroize::Zeroizing;

use super::master_key::MasterKey;

/// Names a master key without telling anything about it.
pub(super) type KeyId = [u8; 4];

/// The extracted master key, ready to expand.
pub(super) struct Derivation {
    extracted: hkdf::Prk,
    id: KeyId,
}

impl Derivation {
    pub(super) fn new(master: &MasterKey) -> Self {
        let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, b"keyward").extract(master.expose());
        let [a, b, c, d, ..] = *expand(&extracted, "id", "");
        Self { extracted, id: [a, b, c, d] }
    }

    /// The name of the master key.
    pub(super) fn id(&self) -> KeyId {
        self.id
    }

    /// The key that seals records of `kind`.
    pub(super) fn sealing_key(&self, kind: &str) -> Zeroizing<[u8; 32]> {
        expand(&self.extracted, "seal", kind)
    }

    pub(super) fn key(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        expand(&self.extracted, "key", purpose)
    }

    pub(super) fn keyed_hash(&self, purpose: &str) -> KeyedHash {
        KeyedHash(hmac::Key::new(hmac::HMAC_SHA256, &*expand(&self.extracted, "hash", purpose)))
    }
}

/// HMAC-SHA256 under the key of one purpose, for whoever hashes often.
#[derive(Debug, Clone)]
pub struct KeyedHash(hmac::Key);

impl KeyedHash {
    /// The hash of `data`.
    pub fn of(&self, data: &[u8]) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(hmac::sign(&self.0, data).as_ref());
        hash
    }

    /// Whether `hash` is that of `data`; takes the same time whatever the answer.
    pub fn verify(&self, data: &[u8], hash: &[u8]) -> bool {
        hmac::verify(&self.0, data, hash).is_ok()
    }
}

impl std::fmt::Debug for Derivation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(hidden)")
    }
}

/// `use_for` has a fixed list of words, so two uses never share a key whatever the purpose says.
#[expect(clippy::expect_used, reason = "HKDF-SHA256 always yields 32 bytes (RFC 5869 section 2.3)")]
fn expand(extracted: &hkdf::Prk, use_for: &str, purpose: &str) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    let info = [b"keyward/1/".as_slice(), use_for.as_bytes(), b"/", purpose.as_bytes()];
    let expanded = extracted.expand(&info, hkdf::HKDF_SHA256).and_then(|okm| okm.fill(key.as_mut()));
    expanded.expect("32 bytes are within HKDF's bound");
    key
}
