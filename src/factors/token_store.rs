//! What is remembered of hardware tokens: how each makes its codes, where it stands, and who has it; and where those stood that
//! were forgotten. A number that was accepted once is never good again, whoever has the token next.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::oath::{Moving, Recipe, Standing};
use super::store::TotpCredential;
use crate::foundation::Timestamp;
use crate::foundation::ids::{CredentialId, UserId};
use crate::sealing::{Identity, KeyedHash, Sealed};
use crate::storage::{Batch, Key, Raw, Record, SharedStore, StorageError, Stored};

/// The kind of the records of hardware tokens.
pub const KIND: &str = "hardware_token";
/// The kind of the records of forgotten hardware tokens.
pub const FORGOTTEN: &str = "hardware_token_forgotten";

/// A token that nobody has forgotten.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct TokenRecord {
    pub serial: String,
    pub model: Option<String>,
    pub secret: Sealed,
    pub recipe: Recipe,
    /// Where it stood when it came, or when it was last taken back; its credential knows better while somebody has it.
    pub standing: Standing,
    pub imported_at: Timestamp,
    pub holder: Option<Holder>,
}

impl Record for TokenRecord {}

/// Who has a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Holder {
    pub user: UserId,
    pub credential: CredentialId,
}

/// A forgotten token, under a keyed hash of its seed: if it comes again, it goes on from where it stood.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Forgotten {
    pub recipe: Recipe,
    pub standing: Standing,
}

impl Record for Forgotten {}

pub(super) fn key(serial: &str) -> Key {
    Key::new(KIND, &[serial])
}

/// Before all tokens.
pub(super) fn all() -> Key {
    Key::prefix(KIND, &[])
}

pub(super) fn sealed_for(serial: &str) -> Identity<'_> {
    Identity { kind: KIND, field: "secret", id: serial }
}

/// Where a token of this seed is remembered once it is forgotten. Steps of different lengths, and counts, are different numbers.
pub(super) fn forgotten_key(hashing: &KeyedHash, moving: Moving, secret: &[u8]) -> Key {
    let seconds = if let Moving::Time(period) = moving { period } else { 0 };
    let seed = Zeroizing::new([&seconds.to_be_bytes(), secret].concat());
    let hash: String = hashing.of(&seed).iter().map(|byte| format!("{byte:02x}")).collect();
    Key::new(FORGOTTEN, &[&hash])
}

/// Adds to `batch` that the token which `credential` was, if it was one, is nobody's, and stands where the credential stood.
pub(super) async fn take_back(
    store: &SharedStore,
    batch: &mut Batch,
    credential: &TotpCredential,
) -> Result<(), StorageError> {
    let Some(serial) = &credential.token else { return Ok(()) };
    let found = store.fetch::<TokenRecord>(&key(serial)).await?;
    let Some(Stored { mut value, revision, .. }) = found else { return Ok(()) };
    if value.holder.as_ref().is_some_and(|holder| holder.credential == credential.id) {
        (value.holder, value.standing) = (None, credential.standing());
        batch.require_revision(key(serial), revision).put(key(serial), &value, None);
    }
    Ok(())
}

/// Where a token stands, forgotten or not, and the rest of its record.
#[derive(Debug, Serialize, Deserialize)]
struct Somewhere {
    recipe: Recipe,
    standing: Standing,
    #[serde(flatten)]
    rest: serde_json::Map<String, serde_json::Value>,
}

impl Record for Somewhere {}

/// The token, forgotten or not, of a restored copy: what its clock has shown until `now` is spent (R-OP-09).
pub fn after_restore(raw: Raw, now: Timestamp) -> Result<Raw, StorageError> {
    let mut stored = raw.decode::<Somewhere>()?;
    stored.value.standing = stored.value.recipe.spent_until(now, stored.value.standing);
    Raw::of(&stored.value, stored.revision, stored.expires)
}
