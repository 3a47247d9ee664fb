//! What is remembered of enrolled one-time passwords and of enrolments that have begun.

use serde::{Deserialize, Serialize};

use super::oath::{Moving, Recipe, Standing};
use crate::foundation::Timestamp;
use crate::foundation::ids::{CredentialId, JourneyId, UserId};
use crate::sealing::{Identity, Sealed};
use crate::storage::{Key, Raw, Record, SharedStore, StorageError, Stored};

/// One enrolled authenticator app or hardware token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct TotpCredential {
    pub id: CredentialId,
    pub name: String,
    pub secret: Sealed,
    /// The number of the last accepted code, a time step or a count; only later ones are accepted (R-MF-06).
    pub last_step: u64,
    pub enrolled_at: Timestamp,
    /// How its codes are made.
    #[serde(default)]
    pub recipe: Recipe,
    /// By so many steps its clock was ahead of ours when it was last brought into step.
    #[serde(default)]
    pub drift: i64,
    /// The serial number of the hardware token that it is; none for an app.
    #[serde(default)]
    pub token: Option<String>,
    /// Present where nobody knows how far it has counted: then no single code is accepted, but two in a row are.
    #[serde(default)]
    pub astray: Option<Astray>,
    /// When a code of it was last accepted.
    #[serde(default)]
    pub last_used: Option<Timestamp>,
}

/// A counting device that is searched for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Astray {
    /// The number of the code that was shown last, which may be the first of two.
    pub first: Option<u64>,
}

impl TotpCredential {
    /// That of an authenticator app.
    pub fn of_app(id: CredentialId, name: String, secret: Sealed, last_step: u64, now: Timestamp) -> Self {
        let recipe = Recipe::default();
        Self {
            id,
            name,
            secret,
            last_step,
            enrolled_at: now,
            recipe,
            drift: 0,
            token: None,
            astray: None,
            last_used: None,
        }
    }

    pub fn standing(&self) -> Standing {
        Standing { last: self.last_step, drift: self.drift }
    }

    /// Takes note of a code, if it was this one's.
    pub fn learn(&mut self, found: Option<&(CredentialId, Meaning)>) {
        match found {
            Some((id, Meaning::Accepted(number))) if *id == self.id => {
                (self.last_step, self.astray) = (*number, None);
            }
            Some((id, Meaning::FirstOfTwo(number))) if *id == self.id => {
                self.astray = Some(Astray { first: Some(*number) });
            }
            _ => {}
        }
    }
}

/// What a code is to a credential, by its number.
#[derive(Debug, Clone, Copy)]
pub(super) enum Meaning {
    /// It is good.
    Accepted(u64),
    /// Nothing yet: only with the one that follows it, it says where a token stands that is astray (RFC 4226 section 7.4).
    FirstOfTwo(u64),
}

/// All authenticator apps of one person, in one record, so that their number and their steps change in one commit.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct TotpCredentials {
    pub list: Vec<TotpCredential>,
}

impl Record for TotpCredentials {}

/// An enrolment that has begun: its secret counts for nothing until one code was right (R-EN-03).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct PendingTotp {
    pub id: CredentialId,
    pub secret: Sealed,
}

impl Record for PendingTotp {}

/// The kind of the records of authenticator apps.
pub const TOTP: &str = "factor_totp";

/// The authenticator apps and hardware tokens of a restored copy: no code shown until `now` is accepted (R-OP-09). Nobody knows
/// how often a token's button was pressed since the copy was made: such a token is astray.
pub fn after_restore(raw: Raw, now: Timestamp) -> Result<Raw, StorageError> {
    let mut stored = raw.decode::<TotpCredentials>()?;
    for credential in &mut stored.value.list {
        credential.last_step = credential.recipe.spent_until(now, credential.standing()).last;
        if credential.recipe.moving == Moving::Count {
            credential.astray = Some(Astray::default());
        }
    }
    Raw::of(&stored.value, stored.revision, stored.expires)
}

pub(super) fn totp_key(user: &UserId) -> Key {
    Key::new(TOTP, &[user.as_str()])
}

/// The identity of one sealed secret: it can be opened as this credential of this person only.
pub(super) fn sealed_as(place: &str) -> Identity<'_> {
    Identity { kind: "factor_totp", field: "secret", id: place }
}

/// The id of that identity.
pub(super) fn place(user: &UserId, credential: &CredentialId) -> String {
    format!("{user}/{credential}")
}

pub(super) fn pending_key(journey: &JourneyId, user: &UserId) -> Key {
    Key::new("factor_totp_pending", &[journey.as_str(), user.as_str()])
}

pub(super) async fn totp_credentials(
    store: &SharedStore,
    user: &UserId,
) -> Result<Option<Stored<TotpCredentials>>, StorageError> {
    store.fetch(&totp_key(user)).await
}
