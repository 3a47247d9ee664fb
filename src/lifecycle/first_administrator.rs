//! The way to the first administrator (R-AD-08): a one-time link, good for a day, only the newest counts. Whoever uses it
//! first becomes the administrator, in the commit that spends the link; from then on there are administrators, for ever
//! (R-AD-12), and no such link is made or good any more.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::audit::{Action, Actor, Origin, Outcome, Trail};
use crate::foundation::ids::UserId;
use crate::foundation::secret::{Hashed, Plain, SetUpLink};
use crate::foundation::{Clock, Random};
use crate::storage::{Batch, Key, Record, Revision, SharedStore, StorageError, Stored};
use crate::users::Users;

/// How long a set-up link is good.
pub const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// The newest link.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct SetUp {
    link: Hashed<SetUpLink>,
}

impl Record for SetUp {}

/// That a link was ever made.
#[derive(Debug, Serialize, Deserialize)]
struct Offered {}

impl Record for Offered {}

/// Where the newest link stands.
pub(super) fn key() -> Key {
    Key::new("set-up", &["link"])
}

fn offered_key() -> Key {
    Key::new("set-up", &["offered"])
}

/// Whether there is an administrator, or a way to become the first.
#[derive(Debug)]
pub enum Door {
    /// There are administrators: closed for ever.
    Closed,
    /// Nobody was ever offered a link.
    Untouched,
    /// A link was made before; it may be over.
    Offered,
}

/// The collaborators.
#[derive(Debug, Clone)]
pub struct FirstAdministrator {
    store: SharedStore,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    users: Users,
    trail: Trail,
}

/// A live link as it was found.
#[derive(Debug, Clone)]
pub struct LiveLink(Revision);

impl FirstAdministrator {
    /// Built once, by the composition root.
    pub fn new(
        store: SharedStore,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        users: Users,
        trail: Trail,
    ) -> Self {
        Self { store, clock, random, users, trail }
    }

    /// How the door stands.
    pub async fn door(&self) -> Result<Door, StorageError> {
        if !self.users.administrators().await?.is_empty() {
            return Ok(Door::Closed);
        }
        let offered = self.store.fetch::<Offered>(&offered_key()).await?;
        Ok(if offered.is_some() { Door::Offered } else { Door::Untouched })
    }

    /// Makes a fresh link; older ones are void. `None` where there are administrators.
    pub async fn offer(&self, by: Actor) -> Result<Option<Plain<SetUpLink>>, StorageError> {
        let link = Plain::generate(self.random.as_ref());
        let mut batch = Batch::new();
        self.users.require_no_administrator(&mut batch);
        let until = Some(self.clock.now().plus(LIFETIME));
        batch.put(key(), &SetUp { link: link.hash() }, until).put(offered_key(), &Offered {}, None);
        let event = self.trail.event(Action::SetUpLinkIssued, Outcome::Success, &Origin::default());
        event.by(by).write(&mut batch);
        Ok(self.store.commit(batch).await?.is_done().then_some(link))
    }

    /// `link`, if it is the newest and live.
    pub async fn find(&self, link: &Plain<SetUpLink>) -> Result<Option<LiveLink>, StorageError> {
        let found = self.store.fetch::<SetUp>(&key()).await?;
        let live = found.filter(|found: &Stored<SetUp>| found.value.link == link.hash());
        Ok(live.map(|live| LiveLink(live.revision)))
    }

    /// Adds to `batch`, which creates `user`, that they are the first administrator and the link is spent, if it is still good.
    pub async fn take(
        &self,
        batch: &mut Batch,
        live: &LiveLink,
        user: &UserId,
        origin: &Origin,
    ) -> Result<(), StorageError> {
        batch.require_revision(key(), live.0).delete(key());
        self.users.require_no_administrator(batch);
        self.users.make_administrator(batch, user).await?;
        let event = self.trail.event(Action::AdministratorAdded, Outcome::Success, origin);
        event.by(Actor::User(user.clone())).about(user).because("set_up_link").write(batch);
        Ok(())
    }
}
