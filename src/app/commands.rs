//! Lists the administrative commands, each with what it works with.

use std::sync::Arc;

use super::{App, Ground};
use crate::commands::audit::{self, Records};
use crate::commands::backup::{self, Backups};
use crate::commands::client::{self, Applications};
use crate::commands::configuration;
use crate::commands::doctor;
use crate::commands::group::{self, Groups};
use crate::commands::hardware_token::{self, Devices};
use crate::commands::key;
use crate::commands::mail::{self, Mails};
use crate::commands::office;
use crate::commands::policy::{self, Sight};
use crate::commands::registry::{Listing, Registry};
use crate::commands::user::{self, People};
use crate::factors::{self, HardwareTokens};
use crate::grants::Grants;

impl App {
    /// The closed list of commands.
    pub fn commands(&self) -> Registry {
        let (people, groups, applications) = (self.people(), self.groups(), self.applications());
        let devices = Devices { tokens: HardwareTokens::new(self.enrolment.clone()), people: people.clone() };
        let records = Records { chain: self.chain.clone(), users: self.users.clone() };
        Listing::default()
            .with::<user::Add>(&people)
            .with::<user::Invite>(&people)
            .with::<user::Import>(&people)
            .with::<user::List>(&people)
            .with::<user::Show>(&people)
            .with::<user::Lock>(&people)
            .with::<user::Unlock>(&people)
            .with::<user::Delete>(&people)
            .with::<user::ResetFactor>(&people)
            .with::<user::AccessCode>(&people)
            .with::<hardware_token::Import>(&devices)
            .with::<hardware_token::List>(&devices)
            .with::<hardware_token::Assign>(&devices)
            .with::<hardware_token::Resync>(&devices)
            .with::<hardware_token::Remove>(&devices)
            .with::<office::SetUp>(&people)
            .with::<office::List>(&people)
            .with::<office::Add>(&people)
            .with::<office::Remove>(&people)
            .with::<group::Add>(&groups)
            .with::<group::List>(&groups)
            .with::<group::Show>(&groups)
            .with::<group::Delete>(&groups)
            .with::<group::AddMember>(&groups)
            .with::<group::RemoveMember>(&groups)
            .with::<client::Add>(&applications)
            .with::<backup::Make>(&self.backups())
            .with::<client::List>(&applications)
            .with::<client::Show>(&applications)
            .with::<client::RotateSecret>(&applications)
            .with::<client::Remove>(&applications)
            .with::<doctor::Examine>(&self.doctor())
            .with::<configuration::Export>(&self.configuration)
            .with::<configuration::Plan>(&self.configuration)
            .with::<configuration::Apply>(&self.configuration)
            .with::<policy::Explain>(&self.sight())
            .with::<policy::WhoIsBlocked>(&self.sight())
            .with::<mail::Test>(&self.mails())
            .with::<key::List>(&self.rotation)
            .with::<key::Rotate>(&self.rotation)
            .with::<key::Retire>(&self.rotation)
            .with::<audit::Show>(&records)
            .with::<audit::Export>(&records)
            .with::<audit::Verify>(&records)
            .close()
    }

    fn sight(&self) -> Sight {
        Sight {
            settings: self.live.clone(),
            users: self.users.clone(),
            people: self.journey_people(),
            clients: self.clients.clone(),
        }
    }

    fn mails(&self) -> Mails {
        let Ground { clock, random, .. } = &self.ground;
        Mails {
            settings: self.live.clone(),
            pages: self.pages.clone(),
            clock: clock.clone(),
            random: random.clone(),
        }
    }

    fn backups(&self) -> Backups {
        let Ground { store, sealing, clock, .. } = &self.ground;
        Backups {
            store: store.clone(),
            sealing: sealing.clone(),
            clock: clock.clone(),
            trail: self.trail.clone(),
        }
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
            settings: self.live.clone(),
            factors: factors::Registry::new(vec![
                Arc::new(self.passkeys.clone()),
                Arc::new(self.factor.clone()),
                Arc::new(self.recovery_codes()),
            ]),
            access_codes: self.access_codes(),
            sessions: self.sessions.clone(),
            lifecycle: self.lifecycle.clone(),
            invitations: self.invitations.clone(),
            first_administrator: self.first_administrator.clone(),
            trail: self.trail.clone(),
        }
    }

    fn groups(&self) -> Groups {
        Groups { users: self.users.clone(), clock: self.ground.clock.clone(), trail: self.trail.clone() }
    }

    fn applications(&self) -> Applications {
        Applications {
            clients: self.clients.clone(),
            grants: Grants::new(self.ground.store.clone()),
            site: Arc::new(self.ground.settings.site.clone()),
            clock: self.ground.clock.clone(),
            trail: self.trail.clone(),
        }
    }
}
