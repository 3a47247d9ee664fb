//! Evidence: the typed proof that a step was passed (R-MF-01).

use serde::{Deserialize, Serialize};

use crate::audit::Origin;
use crate::foundation::Timestamp;
use crate::foundation::ids::{CredentialId, JourneyId, UserId};

/// The kinds of factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorKind {
    /// A password.
    Password,
    /// A one-time password by time (RFC 6238).
    Totp,
    /// A one-time code sent by mail.
    MailCode,
    /// A saved recovery code.
    RecoveryCode,
}

impl FactorKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Password, Self::Totp, Self::MailCode, Self::RecoveryCode];

    /// Its word in forms, records and the audit trail.
    pub fn word(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Totp => "totp",
            Self::MailCode => "mail_code",
            Self::RecoveryCode => "recovery_code",
        }
    }

    /// The kind of that word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// For whom, in which journey, and from where a proof is given.
#[derive(Debug, Clone)]
pub struct Occasion {
    /// Whose proof.
    pub user: UserId,
    /// In which journey.
    pub journey: JourneyId,
    /// From where.
    pub origin: Origin,
}

/// That `user` passed one factor in one journey. Only this module makes one; stored journeys and sessions give it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    factor: FactorKind,
    credential: Option<CredentialId>,
    at: Timestamp,
    journey: JourneyId,
    user: UserId,
}

impl Evidence {
    pub(in crate::factors) fn new(
        factor: FactorKind,
        credential: Option<CredentialId>,
        at: Timestamp,
        occasion: &Occasion,
    ) -> Self {
        Self { factor, credential, at, journey: occasion.journey.clone(), user: occasion.user.clone() }
    }

    /// Which factor was passed.
    pub fn factor(&self) -> FactorKind {
        self.factor
    }

    /// With which enrolled credential; a password has none.
    pub fn credential(&self) -> Option<&CredentialId> {
        self.credential.as_ref()
    }

    /// When.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// In which journey.
    pub fn journey(&self) -> &JourneyId {
        &self.journey
    }

    /// By whom.
    pub fn user(&self) -> &UserId {
        &self.user
    }
}
