//! Lists the administrative commands, each with what it works with.

use std::sync::Arc;

use super::App;
use crate::commands::client::{self, Applications};
use crate::commands::registry::{Listing, Registry};
use crate::commands::user::{self, People};

impl App {
    /// The closed list of commands.
    pub fn commands(&self) -> Registry {
        let (people, applications) = (self.people(), self.applications());
        Listing::default()
            .with::<user::Add>(&people)
            .with::<user::Invite>(&people)
            .with::<client::Add>(&applications)
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
            password_rules: self.password_rules.clone(),
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
