//! People: added, invited, looked at, locked, deleted.
//!
//! Must not: end sessions or void links by itself; that is `lifecycle`.

pub mod add;
pub mod invite;

use std::sync::Arc;

pub use add::Add;
pub use invite::Invite;

use super::{Administrator, Handed, Refused};
use crate::audit::{Action, Origin, Outcome, Trail};
use crate::config::Site;
use crate::foundation::ids::UserId;
use crate::foundation::{Clock, Random};
use crate::lifecycle::Invitations;
use crate::storage::{Batch, SharedStore, Stored};
use crate::users::{PasswordRules, Passwords, User, Users};

/// What commands about people work with.
#[derive(Debug, Clone)]
pub struct People {
    /// The store.
    pub store: SharedStore,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
    /// Under which address links are good.
    pub site: Arc<Site>,
    /// People and groups.
    pub users: Users,
    /// Their passwords.
    pub passwords: Arc<Passwords>,
    /// What a new password must fulfil.
    pub password_rules: PasswordRules,
    /// One-time links.
    pub invitations: Invitations,
    /// Where events go.
    pub trail: Trail,
}

impl People {
    /// Whoever is found by `login`, a user name or mail address.
    async fn named(&self, login: &str) -> Result<Stored<User>, Refused> {
        let found = self.users.find_by_login_name(login).await?;
        found.ok_or_else(|| {
            Refused::absent(format!("there is nobody with the user name or mail address {login:?}"))
        })
    }

    /// Adds to `batch` a fresh one-time link of `user`; answers its address.
    async fn link(&self, batch: &mut Batch, user: &UserId) -> Result<Handed, Refused> {
        let invitation = self.invitations.issue(batch, user).await?;
        Ok(Handed::new(self.site.url(&format!("/invitation/{}", invitation.expose()))))
    }

    /// The event goes into the change's own batch (R-AU-05).
    fn note(&self, batch: &mut Batch, action: Action, by: &Administrator, about: Option<&UserId>) {
        let event = self.trail.event(action, Outcome::Success, &Origin::default()).by(by.actor());
        match about {
            Some(user) => event.about(user).write(batch),
            None => event.write(batch),
        }
    }
}
