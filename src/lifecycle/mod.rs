//! All that must happen together when something happens to a person: one batch with the change, everybody calls it,
//! nobody does it alone.
//!
//! Must not: decide whether the change is allowed.
//! Follows: security requirements R-SE-05 (other sessions end), R-EN-04 (invitations are void after a factor change),
//! R-AU-05 (the event is part of the change).

pub mod invitation;

use crate::audit::{Action, Actor, Origin, Outcome, Trail};
use crate::foundation::ids::{SessionId, UserId};
use crate::sessions::Sessions;
use crate::storage::{Batch, StorageError};

pub use invitation::Invitations;

/// The lifecycle's collaborators.
#[derive(Debug, Clone)]
pub struct Lifecycle {
    sessions: Sessions,
    trail: Trail,
}

impl Lifecycle {
    /// Built once, by the composition root.
    pub fn new(sessions: Sessions, trail: Trail) -> Self {
        Self { sessions, trail }
    }

    /// Adds to `batch` what belongs to a new password: all other sessions end, and the event.
    pub async fn password_set(
        &self,
        batch: &mut Batch,
        user: &UserId,
        kept: Option<&SessionId>,
        origin: &Origin,
    ) -> Result<(), StorageError> {
        self.sessions.end_all(batch, user, kept).await?;
        let event = self.trail.event(Action::PasswordSet, Outcome::Success, origin);
        event.by(Actor::User(user.clone())).about(user).write(batch);
        Ok(())
    }

    /// Adds to `batch` what belongs to a new or replaced factor: all other sessions end, and open invitations are void.
    /// The event is written by the factor itself.
    pub async fn factor_changed(
        &self,
        batch: &mut Batch,
        user: &UserId,
        kept: Option<&SessionId>,
    ) -> Result<(), StorageError> {
        self.sessions.end_all(batch, user, kept).await?;
        batch.delete(invitation::pointer_key(user));
        Ok(())
    }
}
