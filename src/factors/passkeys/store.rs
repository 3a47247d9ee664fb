//! What is remembered of enrolled keys, and of ceremonies that have begun.
//!
//! A restored copy keeps the keys as they are (R-OP-09): a counter only ever rises, so the restored one is a lower bound that no
//! earlier answer passes, and no challenge of before is good again. A lock that came after the copy is lost with it.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use webauthn_rs_core::proto::{AuthenticationState, Credential, RegistrationState};

use super::KeyKind;
use crate::foundation::Timestamp;
use crate::foundation::ids::{CredentialId, JourneyId, UserId};
use crate::storage::{Batch, Key, Record, SharedStore, StorageError, Stored};

/// One enrolled passkey or security key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::factors) struct EnrolledKey {
    pub id: CredentialId,
    pub name: String,
    pub kind: KeyKind,
    /// Its id, public key, counter and flags, as the library keeps them.
    pub credential: Credential,
    /// The RP ID to which it is bound.
    pub site: String,
    /// Whether there seems to be a copy of it: then it lets nobody in any more (R-WA-06).
    pub locked: bool,
    pub enrolled_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_used: Option<Timestamp>,
}

/// All keys of one person, in one record, so that their number and counters change in one commit.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::factors) struct EnrolledKeys {
    pub list: Vec<EnrolledKey>,
}

impl Record for EnrolledKeys {}

/// Whose key it is: so no key belongs to two people (R-WA-05), and the person is found by the key (R-WA-04).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Owner {
    pub user: UserId,
}

impl Record for Owner {}

/// The RP ID of the keys enrolled last (R-WA-10).
#[derive(Debug, Clone, Serialize, Deserialize)]
struct BoundTo {
    id: String,
}

impl Record for BoundTo {}

/// That a passkey was offered to a person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Offered;

impl Record for Offered {}

/// What a challenge was made for. One answers no other (R-WA-01).
pub(super) trait Purpose: Serialize + DeserializeOwned + Send + Sync {
    const WORD: &'static str;
}

/// A ceremony that has begun: its challenge, for one answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(bound(deserialize = ""))]
pub(super) struct Begun<P: Purpose>(pub P);

impl<P: Purpose> Record for Begun<P> {}

/// A key is to be enrolled.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Enrolling {
    pub user: UserId,
    pub kind: KeyKind,
    pub state: RegistrationState,
}

impl Purpose for Enrolling {
    const WORD: &'static str = "enrolment";
}

/// A known person is to prove a key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct SecondFactor {
    pub user: UserId,
    pub state: AuthenticationState,
}

impl Purpose for SecondFactor {
    const WORD: &'static str = "second_factor";
}

/// Somebody is to say by a passkey who it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Passwordless {
    pub state: AuthenticationState,
}

impl Purpose for Passwordless {
    const WORD: &'static str = "passwordless";
}

pub(in crate::factors) fn keys_key(user: &UserId) -> Key {
    Key::new("factor_passkeys", &[user.as_str()])
}

pub(in crate::factors) fn owner_key(credential: &[u8]) -> Key {
    let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, credential));
    Key::new("passkey_owner", &[&hash])
}

fn bound_key() -> Key {
    Key::new("passkey_site", &[])
}

pub(super) fn begun_key<P: Purpose>(journey: &JourneyId) -> Key {
    Key::new("passkey_ceremony", &[journey.as_str(), P::WORD])
}

pub(in crate::factors) fn offered_key(user: &UserId) -> Key {
    Key::new("passkey_offered", &[user.as_str()])
}

pub(super) async fn begun<P: Purpose>(
    store: &SharedStore,
    journey: &JourneyId,
) -> Result<Option<Stored<Begun<P>>>, StorageError> {
    store.fetch(&begun_key::<P>(journey)).await
}

pub(in crate::factors) async fn keys_of(
    store: &SharedStore,
    user: &UserId,
) -> Result<Option<Stored<EnrolledKeys>>, StorageError> {
    store.fetch(&keys_key(user)).await
}

/// The RP ID to which the keys enrolled last are bound, if there are any.
pub(super) async fn bound_to(store: &SharedStore) -> Result<Option<String>, StorageError> {
    Ok(store.fetch::<BoundTo>(&bound_key()).await?.map(|stored| stored.value.id))
}

pub(super) fn bind(batch: &mut Batch, id: &str) {
    batch.put(bound_key(), &BoundTo { id: id.to_owned() }, None);
}
