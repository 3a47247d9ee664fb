//! Sealed values: AES-256-GCM under a derived key, bound to the identity of their record (R-KS-03).
//!
//! Layout: format (1), name of the master key (4), nonce (12), ciphertext, tag (16).

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use super::SealingError;
use super::derived::Derivation;
use crate::foundation::{Random, random};

const FORMAT: u8 = 1;
const NONCE: usize = 12;
const TAG: usize = 16;

/// The place of a sealed value: what kind of record, which field, whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity<'a> {
    /// The kind of record, as its key begins; each kind has its own sealing key.
    pub kind: &'a str,
    /// The field in the record.
    pub field: &'a str,
    /// The identifier of the record.
    pub id: &'a str,
}

/// A value that only the master key opens, and only at its place. Stored as base64.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Identity<'_> {
    /// Lengths stand before the parts, so that no two identities share bytes.
    fn bytes(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in [self.kind, self.field, self.id] {
            bytes.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        bytes
    }
}

impl std::fmt::Display for Identity<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} {}", self.field, self.kind, self.id)
    }
}

pub(super) fn seal(
    derivation: &Derivation,
    random: &dyn Random,
    identity: Identity<'_>,
    secret: &[u8],
) -> Result<Sealed, SealingError> {
    let failed = |_| SealingError::Unsealable(identity.to_string());
    let nonce: [u8; NONCE] = random::bytes(random);
    // Room for the tag from the start: a growing buffer would leave copies of the secret behind.
    let mut text = Zeroizing::new(Vec::with_capacity(secret.len() + TAG));
    text.extend_from_slice(secret);
    let key = key(derivation, identity).map_err(failed)?;
    let place = Aad::from(identity.bytes());
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), place, &mut *text).map_err(failed)?;
    Ok(Sealed([&[FORMAT], derivation.id().as_slice(), &nonce, &text].concat()))
}

pub(super) fn open(
    derivation: &Derivation,
    identity: Identity<'_>,
    sealed: &Sealed,
) -> Result<Zeroizing<Vec<u8>>, SealingError> {
    let failed = || SealingError::Unopenable(identity.to_string());
    let (nonce, text) = sealed.parts(derivation).ok_or_else(failed)?;
    let mut text = Zeroizing::new(text.to_vec());
    let key = key(derivation, identity).map_err(|_| failed())?;
    let place = Aad::from(identity.bytes());
    let opened = key.open_in_place(Nonce::assume_unique_for_key(nonce), place, &mut text);
    let length = opened.map_err(|_| failed())?.len();
    text.truncate(length);
    Ok(text)
}

fn key(
    derivation: &Derivation,
    identity: Identity<'_>,
) -> Result<LessSafeKey, aws_lc_rs::error::Unspecified> {
    UnboundKey::new(&AES_256_GCM, &*derivation.sealing_key(identity.kind)).map(LessSafeKey::new)
}

impl Sealed {
    /// Whether the present master key sealed it.
    pub(super) fn is_of(&self, derivation: &Derivation) -> bool {
        self.parts(derivation).is_some()
    }

    fn parts(&self, derivation: &Derivation) -> Option<([u8; NONCE], &[u8])> {
        let rest = self.0.strip_prefix(&[FORMAT])?.strip_prefix(derivation.id().as_slice())?;
        let (nonce, text) = rest.split_first_chunk::<NONCE>()?;
        Some((*nonce, text))
    }
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(sealed)")
    }
}

impl Serialize for Sealed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD_NO_PAD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD_NO_PAD.decode(text).map(Self).map_err(serde::de::Error::custom)
    }
}
