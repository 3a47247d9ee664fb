//! People: added, invited, looked at, locked, deleted.
//!
//! Must not: end sessions or void links by itself; that is `lifecycle`.

pub mod access_code;
pub mod add;
pub mod import;
pub mod invite;
pub mod list;
pub mod show;
pub mod standing;
pub mod view;

use std::sync::Arc;

pub use access_code::AccessCode;
pub use add::Add;
pub use import::Import;
pub use invite::Invite;
pub use list::List;
pub use show::Show;
pub use standing::{Delete, Lock, ResetFactor, Unlock};

use super::{Administrator, Handed, Refused};
use crate::audit::{Action, Origin, Outcome, Trail};
use crate::config::{Live, Site};
use crate::factors;
use crate::foundation::ids::UserId;
use crate::foundation::secret::{Invitation, Plain};
use crate::foundation::{Clock, Random};
use crate::lifecycle::{FirstAdministrator, Invitations, Lifecycle};
use crate::sessions::Sessions;
use crate::storage::{Batch, SharedStore, Stored};
use crate::users::{Passwords, User, Users, standing};

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
    /// The settings that count now.
    pub settings: Live,
    /// All that can be enrolled, recovery codes included.
    pub factors: factors::Registry,
    /// Codes for who has lost every factor.
    pub access_codes: factors::AccessCodes,
    /// Sign-in sessions.
    pub sessions: Sessions,
    /// What hangs on a person.
    pub lifecycle: Lifecycle,
    /// One-time links.
    pub invitations: Invitations,
    /// The way to the first administrator.
    pub first_administrator: FirstAdministrator,
    /// Where events go.
    pub trail: Trail,
}

impl People {
    /// Whoever is found by `login`, a user name or mail address.
    pub(super) async fn named(&self, login: &str) -> Result<Stored<User>, Refused> {
        named(&self.users, login).await
    }

    /// The same, if they may sign in.
    pub(super) async fn served(&self, login: &str) -> Result<User, Refused> {
        let user = self.named(login).await?.value;
        match standing(&user, self.clock.now()) {
            Ok(()) => Ok(user),
            Err(reason) => {
                let username = user.username.as_str();
                Err(Refused::rule(format!("{username} may not sign in ({})", reason.word())))
            }
        }
    }

    /// Commits what one command does.
    async fn commit(&self, batch: Batch) -> Result<(), Refused> {
        let done = self.store.commit(batch).await?.is_done();
        if done { Ok(()) } else { Err(Refused::conflict()) }
    }

    /// Adds to `batch` a fresh one-time link of `user`, and the mail that brings it; answers the link, and to which address
    /// it is mailed.
    async fn link(&self, batch: &mut Batch, user: &User) -> Result<(Handed, Option<String>), Refused> {
        let invitation = self.invitations.issue(batch, &user.id).await?;
        let mailed = self.invitations.mail(batch, user, &invitation).await?;
        Ok((self.address_of(&invitation), mailed))
    }

    fn address_of(&self, invitation: &Plain<Invitation>) -> Handed {
        Handed::new(self.site.url(&format!("/invitation/{}", invitation.expose())))
    }

    /// The event goes into the change's own batch (R-AU-05).
    fn note(&self, batch: &mut Batch, action: Action, by: &Administrator, about: &UserId) {
        let event = self.trail.event(action, Outcome::Success, &Origin::default());
        event.by(by.actor()).about(about).write(batch);
    }
}

/// Whoever is found among `users` by `login`, a user name or mail address.
pub(super) async fn named(users: &Users, login: &str) -> Result<Stored<User>, Refused> {
    let found = users.find_by_login_name(login).await?;
    found.ok_or_else(|| {
        Refused::absent(format!("there is nobody with the user name or mail address {login:?}"))
    })
}
