//! One sign-in session, and how a new proof changes it.

use serde::{Deserialize, Serialize};

use crate::audit::Origin;
use crate::factors::Evidence;
use crate::foundation::Timestamp;
use crate::foundation::ids::{SessionId, UserId};
use crate::foundation::secret::{Hashed, SessionSecret};
use crate::storage::Record;
use crate::users::Epoch;

/// What is remembered of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Told to clients as `sid`; stays until another person signs in.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// The secret that the browser's cookie must hold; a new one at each rise of privilege (R-SE-02).
    pub secret: Hashed<SessionSecret>,
    /// The newest proof of each factor.
    pub evidence: Vec<Evidence>,
    /// When it began.
    pub created_at: Timestamp,
    /// The last request, to the minute.
    pub last_seen_at: Timestamp,
    /// The epoch of its proofs: it ends with it.
    pub epoch: Epoch,
    /// Where it began, for the person's own list of sessions (R-SE-07).
    pub origin: Origin,
}

impl Record for Session {}

impl Session {
    /// Takes over newer proofs: of each factor the newest is kept, so that a replaced one no longer counts.
    pub fn add_evidence(&mut self, proofs: &[Evidence]) {
        for proof in proofs {
            self.evidence.retain(|old| old.factor() != proof.factor());
            self.evidence.push(proof.clone());
        }
    }
}
