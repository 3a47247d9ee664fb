//! Lists what `keyward doctor` looks at.

use std::sync::Arc;

use super::{App, WRITTEN};
use crate::commands::Doctor;
use crate::commands::doctor::Check;
use crate::commands::doctor::base_address::BaseAddress;
use crate::commands::doctor::clock::ClockIsRight;
use crate::commands::doctor::disk::{Disk, LEAST};
use crate::commands::doctor::keys::SigningKeys;
use crate::commands::doctor::mail::MailServer;
use crate::commands::doctor::office::SomebodyAdministers;
use crate::commands::doctor::store::StoreIsWhole;

impl App {
    /// The checks, in the order in which they are told of.
    pub(super) fn doctor(&self) -> Doctor {
        let (ground, settings) = (&self.ground, &self.ground.settings);
        let checks: Vec<Box<dyn Check>> = vec![
            Box::new(BaseAddress {
                site: Arc::new(settings.site.clone()),
                keyring: Arc::clone(self.rotation.keyring()),
            }),
            Box::new(ClockIsRight {
                clock: ground.clock.clone(),
                written: WRITTEN,
                store: ground.store.clone(),
                trail: self.trail.clone(),
            }),
            Box::new(SigningKeys { rotation: self.rotation.clone() }),
            Box::new(StoreIsWhole { store: ground.store.clone() }),
            Box::new(MailServer { settings: settings.mail.clone() }),
            Box::new(Disk { folder: settings.data.folder.clone(), least: LEAST }),
            Box::new(SomebodyAdministers { first: self.first_administrator.clone() }),
        ];
        Doctor::new(checks)
    }
}
