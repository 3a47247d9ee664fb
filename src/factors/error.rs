//! Why a factor could not do its work. A wrong code is no error: see [`super::Verdict`].

use crate::sealing::SealingError;
use crate::storage::StorageError;
use crate::users::{Busy, UserError};

/// A failure of this module. On any of them the answer is no.
#[derive(Debug, thiserror::Error)]
pub enum FactorError {
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Sealed data could not be opened.
    #[error(transparent)]
    Sealing(#[from] SealingError),
    /// The password workers have too much to do.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The password could not be checked.
    #[error(transparent)]
    Password(#[from] UserError),
    /// The secret to enrol is too short to be safe (RFC 4226 section 4).
    #[error("the secret needs at least 20 bytes (160 bits)")]
    Secret,
    /// Another enrolment or change happened at the same moment; nothing was written.
    #[error("the person's factors were changed at the same moment; try again")]
    Conflict,
    /// There are as many of this kind as a person may have (R-EN-06).
    #[error("no more than {0} of this kind can be enrolled; remove one first")]
    TooMany(usize),
    /// The name is empty, too long, or holds characters that cannot be seen.
    #[error("the name needs 1 to 64 characters that can be seen")]
    Name,
    /// There is no hardware token of this serial number.
    #[error("there is no hardware token with this serial number; see: keyward hardware-token list")]
    NoToken,
    /// Somebody has the hardware token.
    #[error("somebody has this hardware token; take it back first with: keyward user reset-factor")]
    Held,
    /// The two codes do not say where the hardware token stands, or are another one's.
    #[error(
        "these are no two codes in a row that this token may still show; look at its serial number, wait for two fresh ones and type both in their order"
    )]
    Astray,
    /// Nobody has the hardware token.
    #[error("nobody has this hardware token; hand it out first with: keyward hardware-token assign")]
    NotHeld,
    /// This installation can have no passkeys.
    #[error("passkeys need an issuer with a host name, and the issuer's host is an IP address")]
    NoPasskeys,
    /// What a browser is asked for could not be made: a fault of ours.
    #[error("a passkey could not be asked for: {0}")]
    Ceremony(String),
    /// Nothing was begun in this journey, or it has ended.
    #[error("there is nothing to confirm; begin again")]
    NotBegun,
}

impl FactorError {
    /// The word in the trail for an administrator's act on a hardware token that a rule stood against.
    pub fn word(&self) -> Option<&'static str> {
        match self {
            Self::NoToken => Some("token_unknown"),
            Self::Held => Some("token_held"),
            Self::NotHeld => Some("token_not_held"),
            Self::Astray => Some("wrong_codes"),
            Self::TooMany(_) => Some("too_many"),
            _ => None,
        }
    }
}
