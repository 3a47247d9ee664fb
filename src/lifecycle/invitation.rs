//! One-time links with which a person sets password and first factor (R-EN-02, R-EN-04): 24 hours, one use, burned when use
//! begins. Only the newest of a person counts.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::audit::{Action, Actor, Origin, Outcome, Trail};
use crate::foundation::ids::UserId;
use crate::foundation::secret::{Hashed, Invitation, Plain};
use crate::foundation::{Clock, Random};
use crate::storage::{Batch, Key, Record, Revision, SharedStore, StorageError, Stored};
use crate::users::notices::Notices;
use crate::users::{User, epoch};

/// How long an invitation is good.
pub const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// What a link permits: it is bound to the act it was made for (R-EN-04).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Setting a password, and enrolling a factor where there is none.
    #[default]
    PasswordAndFactor,
    /// Enrolling a factor where there is none; the password is proved as always.
    Factor,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct InvitationRecord {
    user: UserId,
    #[serde(default)]
    purpose: Purpose,
}

impl Record for InvitationRecord {}

/// Which invitation of a person is the newest.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Newest {
    invitation: Hashed<Invitation>,
}

impl Record for Newest {}

fn key(invitation: &Hashed<Invitation>) -> Key {
    Key::new("invitation", &[&invitation.to_text()])
}

pub(super) fn pointer_key(user: &UserId) -> Key {
    Key::new("user-invitation", &[user.as_str()])
}

/// The invitations' collaborators.
#[derive(Debug, Clone)]
pub struct Invitations {
    store: SharedStore,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    trail: Trail,
    notices: Notices,
}

impl Invitations {
    /// Built once, by the composition root.
    pub fn new(store: SharedStore, clock: Arc<dyn Clock>, random: Arc<dyn Random>, trail: Trail) -> Self {
        Self { store, clock, random, trail, notices: Notices::default() }
    }

    /// The same, with mails by `notices`.
    pub fn telling(mut self, notices: Notices) -> Self {
        self.notices = notices;
        self
    }

    /// Adds to `batch` a fresh invitation of `user` by an administrator at the command line. It is a new beginning: older
    /// invitations are void, and what the person, or whoever had an older link, proved before no longer counts.
    pub async fn issue(&self, batch: &mut Batch, user: &UserId) -> Result<Plain<Invitation>, StorageError> {
        self.issue_for(batch, user, Purpose::default()).await
    }

    /// The same, for one purpose.
    pub async fn issue_for(
        &self,
        batch: &mut Batch,
        user: &UserId,
        purpose: Purpose,
    ) -> Result<Plain<Invitation>, StorageError> {
        epoch::present(&self.store, user).await?.end(batch);
        let invitation = Plain::generate(self.random.as_ref());
        let until = Some(self.clock.now().plus(LIFETIME));
        batch.put(key(&invitation.hash()), &InvitationRecord { user: user.clone(), purpose }, until);
        batch.put(pointer_key(user), &Newest { invitation: invitation.hash() }, until);
        let event = self.trail.event(Action::InvitationIssued, Outcome::Success, &Origin::default());
        event.by(Actor::CommandLine).about(user).write(batch);
        Ok(invitation)
    }

    /// Adds to `batch` the mail that brings a fresh `invitation` to `user`. Answers to which address it goes: to none where
    /// there is no mail server, no address, or the person had too many mails.
    pub async fn mail(
        &self,
        batch: &mut Batch,
        user: &User,
        invitation: &Plain<Invitation>,
    ) -> Result<Option<String>, StorageError> {
        self.notices.invite(batch, user, invitation, self.clock.now().plus(LIFETIME)).await
    }

    /// Whom a live invitation is for, with the pointer that says it is the newest.
    pub async fn find(&self, invitation: &Plain<Invitation>) -> Result<Option<Invited>, StorageError> {
        let Some(found) = self.store.fetch::<InvitationRecord>(&key(&invitation.hash())).await? else {
            return Ok(None);
        };
        let InvitationRecord { user, purpose } = found.value;
        let newest = self.store.fetch::<Newest>(&pointer_key(&user)).await?;
        let counts = newest.filter(|newest| newest.value.invitation == invitation.hash());
        Ok(counts.map(|Stored { revision, .. }| Invited { user, purpose, pointer: revision }))
    }

    /// Adds to `batch` that the invitation is used now, on condition that it was not before and is still the newest.
    pub fn burn(
        &self,
        batch: &mut Batch,
        invitation: &Plain<Invitation>,
        invited: &Invited,
        origin: &Origin,
    ) {
        let (key, pointer) = (key(&invitation.hash()), pointer_key(&invited.user));
        batch.require_present(key.clone()).require_revision(pointer.clone(), invited.pointer);
        batch.delete(key).delete(pointer);
        let event = self.trail.event(Action::InvitationUsed, Outcome::Success, origin);
        event.by(Actor::Anonymous).about(&invited.user).write(batch);
    }
}

/// The person a live invitation is for.
#[derive(Debug, Clone)]
pub struct Invited {
    /// Who.
    pub user: UserId,
    /// For what.
    pub purpose: Purpose,
    pointer: Revision,
}
