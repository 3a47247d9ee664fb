//! Evidence: the typed proof that a step was passed (R-MF-01).

use serde::{Deserialize, Serialize};

use crate::audit::Origin;
use crate::foundation::Timestamp;
use crate::foundation::ids::{CredentialId, JourneyId, UserId};
pub use crate::vocabulary::FactorKind;

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
