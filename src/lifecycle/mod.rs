//! All that must happen together when something happens to a person: one batch with the change, everybody calls it,
//! nobody does it alone.
//!
//! Must not: decide whether the change is allowed.
//! Follows: security requirements R-SE-05 (other sessions end), R-EN-04 (invitations are void after a change),
//! R-AU-05 (the event is part of the change), R-EN-05 and R-PO-01 (the person is told).

pub mod address;
pub mod first_administrator;
pub mod invitation;
pub mod mailed_link;
pub mod password_reset;
pub mod post;
pub mod restore;
pub mod restored;
pub mod standing;

use crate::audit::{Action, Actor, Origin, Outcome, Trail};
use crate::foundation::ids::UserId;
use crate::grants::Grants;
use crate::limits::PasswordLockout;
use crate::pages::mails::Notice;
use crate::sessions::{Sessions, StoredSession};
use crate::storage::{Batch, SharedStore, StorageError};
use crate::users::notices::Notices;
use crate::users::profile::Mail;
use crate::users::{Epoch, User, Users, epoch};

pub use first_administrator::FirstAdministrator;
pub use invitation::Invitations;
pub use mailed_link::MailedLinks;
pub use password_reset::PasswordResets;
pub use post::Post;

/// The lifecycle's collaborators.
#[derive(Debug, Clone)]
pub struct Lifecycle {
    store: SharedStore,
    users: Users,
    grants: Grants,
    sessions: Sessions,
    lockout: PasswordLockout,
    trail: Trail,
    notices: Notices,
}

impl Lifecycle {
    /// Built once, by the composition root.
    pub fn new(
        store: SharedStore,
        users: Users,
        sessions: Sessions,
        lockout: PasswordLockout,
        trail: Trail,
        notices: Notices,
    ) -> Self {
        Self { users, grants: Grants::new(store.clone()), store, sessions, lockout, trail, notices }
    }

    /// Adds to `batch` what belongs to a new password; answers the person's new epoch.
    pub async fn password_set(
        &self,
        batch: &mut Batch,
        user: &UserId,
        kept: Option<&StoredSession>,
        origin: &Origin,
    ) -> Result<Epoch, StorageError> {
        let event = self.trail.event(Action::PasswordSet, Outcome::Success, origin);
        event.by(Actor::User(user.clone())).about(user).write(batch);
        self.notices.tell(batch, user, Notice::PasswordSet, origin).await?;
        self.lockout.forget(user, batch).await?;
        self.proofs_changed(batch, user, kept).await
    }

    /// Adds to `batch` what belongs to another mail address of `before`, or none any more: both addresses are told.
    pub async fn mail_changed(
        &self,
        batch: &mut Batch,
        before: &User,
        after: Option<&Mail>,
        actor: Actor,
        origin: &Origin,
    ) -> Result<(), StorageError> {
        let event = self.trail.event(Action::MailAddressChanged, Outcome::Success, origin);
        event.by(actor).about(&before.id).write(batch);
        let old = before.profile.mail.as_ref();
        let addresses: Vec<_> = old
            .into_iter()
            .chain(after)
            .filter(|mail| mail.verified)
            .map(|mail| mail.address.as_str())
            .collect();
        let notice = Notice::AddressChanged { address: after.map(|mail| mail.address.as_str().to_owned()) };
        self.notices.tell_at(batch, before, &addresses, notice, origin).await
    }

    /// Adds to `batch` what belongs to a new or replaced factor, whose event the factor writes itself; answers the person's
    /// new epoch.
    pub async fn factor_changed(
        &self,
        batch: &mut Batch,
        user: &UserId,
        kept: Option<&StoredSession>,
    ) -> Result<Epoch, StorageError> {
        self.proofs_changed(batch, user, kept).await
    }

    /// Adds to `batch` that a person ends all sessions but `kept`: with the epoch, so that what was proved in an open journey
    /// signs nobody in either (R-SE-07).
    pub async fn sessions_ended(
        &self,
        batch: &mut Batch,
        user: &UserId,
        kept: &StoredSession,
        origin: &Origin,
    ) -> Result<(), StorageError> {
        let event = self.trail.event(Action::SignOut, Outcome::Success, origin);
        event.by(Actor::User(user.clone())).about(user).because("all_other_sessions").write(batch);
        self.next_epoch(batch, user, Some(kept)).await.map(|_| ())
    }

    /// What was proved before loses its worth: all sessions but the one at hand end, open journeys and invitations with them.
    async fn proofs_changed(
        &self,
        batch: &mut Batch,
        user: &UserId,
        kept: Option<&StoredSession>,
    ) -> Result<Epoch, StorageError> {
        batch.delete(invitation::pointer_key(user));
        self.next_epoch(batch, user, kept).await
    }

    async fn next_epoch(
        &self,
        batch: &mut Batch,
        user: &UserId,
        kept: Option<&StoredSession>,
    ) -> Result<Epoch, StorageError> {
        let next = epoch::present(&self.store, user).await?.end(batch);
        self.sessions.remove_all(batch, user, kept.map(|session| &session.value.id)).await?;
        if let Some(kept) = kept {
            self.sessions.carry_over(batch, kept, next);
        }
        Ok(next)
    }
}
