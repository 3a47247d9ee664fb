//! Lists the administrative commands, each with what it works with.

use std::sync::Arc;

use super::App;
use crate::commands::audit::{self, Records};
use crate::commands::client::{self, Applications};
use crate::commands::key;
use crate::commands::registry::{Listing, Registry};
use crate::commands::user::{self, People};

impl App {
    /// The closed list of commands.
    pub fn commands(&self) -> Registry {
        let (people, applications) = (self.people(), self.applications());
        let records = Records { chain: self.chain.clone(), users: self.users.clone() };
        Listing::default()
            .with::<user::Add>(&people)
            .with::<user::Invite>(&people)
            .with::<client::Add>(&applications)
            .with::<key::List>(&self.rotation)
            .with::<key::Rotate>(&self.rotation)
            .with::<key::Retire>(&self.rotation)
            .with::<audit::Show>(&records)
            .with::<audit::Export>(&records)
            .with::<audit::Verify>(&records)
            .close()
    }

    fn people(&self) -> People {
        let ground = &self.ground;
        People {
            store: ground.store.clone(),
            clock: ground.clock.clone(),
            random: ground.random.clone(),
            site: Arc::new(ground.settings.site.clone()),
            users: self.users.clone(),
            passwords: self.passwords.clone(),
            live: self.live.clone(),
            invitations: self.invitations.clone(),
            trail: self.trail.clone(),
        }
    }

    fn applications(&self) -> Applications {
        Applications {
            clients: self.clients.clone(),
            site: Arc::new(self.ground.settings.site.clone()),
            clock: self.ground.clock.clone(),
            trail: self.trail.clone(),
        }
    }
}
