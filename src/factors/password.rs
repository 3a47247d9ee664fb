//! The password as a factor: turns a checked password into evidence. Which person is meant, and how often may be tried,
//! is the directory's matter.

use std::sync::Arc;

use super::FactorError;
use super::evidence::{Evidence, FactorKind, Occasion};
use crate::audit::Origin;
use crate::foundation::ids::{JourneyId, UserId};
use crate::foundation::secret::Hidden;
use crate::storage::Batch;
use crate::users::{PasswordRules, Passwords, Prepared, User, UserError};

/// Checks passwords and vouches for the right ones.
#[derive(Debug, Clone)]
pub struct PasswordProof {
    passwords: Arc<Passwords>,
}

/// A right password: the evidence, and whether it must be changed now.
#[derive(Debug)]
pub struct RightPassword {
    /// The proof.
    pub evidence: Evidence,
    /// Whether the person must choose another before going on.
    pub must_change: bool,
}

impl PasswordProof {
    /// Vouches for what `passwords` verifies.
    pub fn new(passwords: Arc<Passwords>) -> Self {
        Self { passwords }
    }

    /// Sets a new password in `batch`: whoever sets it has proved it, once the batch is committed.
    pub async fn set(
        &self,
        batch: &mut Batch,
        user: &User,
        password: &Hidden,
        rules: &PasswordRules,
        occasion: &Occasion,
    ) -> Result<Evidence, UserError> {
        let at = self.passwords.set(user, password.expose(), false, rules, batch).await?;
        Ok(Evidence::new(FactorKind::Password, None, at, occasion))
    }

    /// Whether `password` is that of `user`; the same work is done for nobody (R-PW-02).
    pub async fn check(
        &self,
        user: Option<&UserId>,
        password: &Prepared,
        journey: &JourneyId,
    ) -> Result<Option<RightPassword>, FactorError> {
        let verified = self.passwords.verify(user, password).await?;
        Ok(verified.map(|verified| {
            let occasion = Occasion {
                user: verified.user().clone(),
                journey: journey.clone(),
                origin: Origin::default(),
            };
            let evidence = Evidence::new(FactorKind::Password, None, verified.at(), &occasion);
            RightPassword { evidence, must_change: verified.must_change() }
        }))
    }
}
