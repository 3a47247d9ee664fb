//! A person is locked out, let in again, deleted, or has lost every factor, as an administrator decided (R-RC-08, R-AD-12):
//! sessions, open journeys, tokens and links end in the same commit.

use super::Lifecycle;
use super::first_administrator;
use super::invitation::{self, Invitations, Purpose};
use crate::audit::{Action, Actor, Origin, Outcome};
use crate::factors::removal::{self, Gone};
use crate::foundation::ids::UserId;
use crate::foundation::secret::{Invitation, Plain};
use crate::storage::{Batch, StorageError};
use crate::users::store::user_key;
use crate::users::{State, User, UserError};

impl Lifecycle {
    /// Locks a person out until [`Self::unlock`].
    pub async fn lock(&self, user: &UserId, by: Actor) -> Result<User, UserError> {
        let mut batch = self.ended(user, Action::UserLocked, by).await?;
        self.users.leave_an_administrator(&mut batch, user, false).await?;
        let locked = self.users.change(user, batch, |user| {
            user.state = State::Locked;
            user.epoch = user.epoch.next();
        });
        locked.await
    }

    /// Lets a person sign in again, who was locked or disabled, or whose password failed too often (R-RL-04). What had ended
    /// stays so.
    pub async fn unlock(&self, user: &UserId, by: Actor) -> Result<User, UserError> {
        let mut batch = Batch::new();
        self.note(&mut batch, user, Action::UserUnlocked, by);
        self.lockout.forget(user, &mut batch).await?;
        self.users.set_state(user, State::Active, batch).await
    }

    /// Deletes a person with everything that hangs on them. Names stay reserved for a year.
    pub async fn delete(&self, user: &UserId, by: Actor) -> Result<(), UserError> {
        let mut batch = self.ended(user, Action::UserDeleted, by.clone()).await?;
        self.users.leave_an_administrator(&mut batch, user, true).await?;
        self.remove_factors(&mut batch, user, &by).await?;
        self.grants.forget_user(&mut batch, user).await?;
        self.sessions.forget_devices(&mut batch, user).await?;
        self.lockout.forget(user, &mut batch).await?;
        self.users.delete(user, batch).await
    }

    /// Makes a person an administrator.
    pub async fn make_administrator(&self, user: &UserId, by: Actor) -> Result<(), UserError> {
        let mut batch = Batch::new();
        self.note(&mut batch, user, Action::AdministratorAdded, by);
        self.users.make_administrator(&mut batch, user).await?;
        batch.require_present(user_key(user)).delete(first_administrator::key());
        self.commit(batch).await
    }

    /// Takes the office from an administrator, unless it is the last one who may sign in.
    pub async fn remove_administrator(&self, user: &UserId, by: Actor) -> Result<(), UserError> {
        let mut batch = Batch::new();
        self.note(&mut batch, user, Action::AdministratorRemoved, by);
        self.users.leave_an_administrator(&mut batch, user, true).await?;
        self.commit(batch).await
    }

    async fn commit(&self, batch: Batch) -> Result<(), UserError> {
        let done = self.store.commit(batch).await?.is_done();
        if done { Ok(()) } else { Err(UserError::Conflict) }
    }

    /// Adds to `batch` that all factors of a person are gone; answers the one-time link with which the person, by the
    /// password, enrols a new one.
    pub async fn reset_factors(
        &self,
        batch: &mut Batch,
        user: &UserId,
        invitations: &Invitations,
        by: Actor,
    ) -> Result<Plain<Invitation>, StorageError> {
        let gone = self.remove_factors(batch, user, &by).await?;
        for notice in removal::told(&gone) {
            self.notices.tell(batch, user, notice, &Origin::default()).await?;
        }
        self.note(batch, user, Action::FactorsReset, by);
        self.sessions.remove_all(batch, user, None).await?;
        invitations.issue_for(batch, user, Purpose::Factor).await
    }

    async fn remove_factors(
        &self,
        batch: &mut Batch,
        user: &UserId,
        by: &Actor,
    ) -> Result<Vec<Gone>, StorageError> {
        let gone = removal::remove_all(&self.store, batch, user).await?;
        for Gone { credential, token, .. } in &gone {
            let event = self.trail.event(Action::FactorRemoved, Outcome::Success, &Origin::default());
            event.by(by.clone()).about(user).credential(credential).token(token.as_deref()).write(batch);
        }
        Ok(gone)
    }

    /// A batch with the event, and the end of all that the person, or whoever has a link, could go on with.
    async fn ended(&self, user: &UserId, action: Action, by: Actor) -> Result<Batch, StorageError> {
        let mut batch = Batch::new();
        self.note(&mut batch, user, action, by);
        self.sessions.remove_all(&mut batch, user, None).await?;
        batch.delete(invitation::pointer_key(user));
        Ok(batch)
    }

    fn note(&self, batch: &mut Batch, user: &UserId, action: Action, by: Actor) {
        self.trail.event(action, Outcome::Success, &Origin::default()).by(by).about(user).write(batch);
    }
}
