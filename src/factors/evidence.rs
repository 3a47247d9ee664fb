//! Evidence: the typed proof that a step was passed (R-MF-01).

use serde::{Deserialize, Serialize};

use crate::audit::Origin;
use crate::foundation::Timestamp;
use crate::foundation::ids::{CredentialId, JourneyId, UserId};
pub use crate::vocabulary::FactorKind;

/// What a passkey's or security key's signed answer says of it (WebAuthn Level 3 section 6.1; R-WA-03, R-WA-07).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyProof {
    /// Whether the device has made sure who uses it, by a PIN, a finger or a face.
    pub user_verified: bool,
    /// Whether the key may be copied to other devices.
    pub backup_eligible: bool,
    /// Whether its maker has vouched for the hardware, and is trusted to.
    pub attested: bool,
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
    #[serde(skip_serializing_if = "Option::is_none", default)]
    key: Option<KeyProof>,
    #[serde(skip)]
    aged: bool,
}

impl Evidence {
    pub(in crate::factors) fn new(
        factor: FactorKind,
        credential: Option<CredentialId>,
        at: Timestamp,
        occasion: &Occasion,
    ) -> Self {
        let (journey, user) = (occasion.journey.clone(), occasion.user.clone());
        Self { factor, credential, at, journey, user, key: None, aged: false }
    }

    pub(in crate::factors) fn of_key(
        credential: CredentialId,
        key: KeyProof,
        at: Timestamp,
        occasion: &Occasion,
    ) -> Self {
        Self { key: Some(key), ..Self::new(FactorKind::Passkey, Some(credential), at, occasion) }
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

    /// What a key said of itself; `None` for every other factor.
    pub fn key(&self) -> Option<KeyProof> {
        self.key
    }

    /// Whether it proves somebody without another factor beside it.
    pub fn is_first(&self) -> bool {
        self.factor == FactorKind::Password || self.key.is_some_and(|key| key.user_verified)
    }

    /// Whether it is too old to be a second factor.
    pub fn is_aged(&self) -> bool {
        self.aged
    }

    /// What is left of it once it is too old to be a second factor: the first one, if it is that.
    pub fn aged(self) -> Option<Self> {
        self.is_first().then_some(Self { aged: true, ..self })
    }
}
