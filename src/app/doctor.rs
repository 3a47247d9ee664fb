//! Lists what `keyward doctor` looks at: all of it where the provider is open, and from outside what settings alone allow.

use std::sync::Arc;

use super::App;
use super::readiness::WRITTEN;
use crate::commands::Doctor;
use crate::commands::doctor::base_address::{BaseAddress, Own};
use crate::commands::doctor::clock::ClockIsRight;
use crate::commands::doctor::data_folder::DataFolder;
use crate::commands::doctor::disk::{Disk, ENOUGH, LEAST};
use crate::commands::doctor::keys::SigningKeys;
use crate::commands::doctor::mail::MailServer;
use crate::commands::doctor::master_key::MasterKeyFile;
use crate::commands::doctor::office::SomebodyAdministers;
use crate::commands::doctor::passkeys::PasskeysFit;
use crate::commands::doctor::store::StoreIsWhole;
use crate::commands::doctor::visit::Visit;
use crate::commands::doctor::{Check, Unsettled};
use crate::config::{Live, LiveSettings, Salvaged, Settings};
use crate::foundation::Clock;
use crate::server::certificate_check::CertificateCheck;

impl App {
    /// All checks, in the order in which they are told of.
    pub(super) fn doctor(&self) -> Doctor {
        let (ground, settings) = (&self.ground, &self.ground.settings);
        let own = Own {
            keyring: Arc::clone(self.rotation.keyring()),
            probes: self.probes.clone(),
            random: ground.random.clone(),
            proxies: settings.proxies.clone(),
        };
        Doctor::new(vec![
            Arc::new(BaseAddress { visit: visit(settings), own: Some(own) }),
            certificate(settings, &ground.clock),
            Arc::new(ClockIsRight {
                clock: ground.clock.clone(),
                written: WRITTEN,
                visit: Some(visit(settings)),
                past: Some((ground.store.clone(), self.trail.clone())),
            }),
            Arc::new(MasterKeyFile {
                folder: settings.data.keys.clone(),
                used: Some(ground.sealing.clone()),
            }),
            Arc::new(SigningKeys { rotation: self.rotation.clone(), clock: ground.clock.clone() }),
            Arc::new(StoreIsWhole { store: ground.store.clone() }),
            Arc::new(DataFolder { folder: settings.data.folder.clone() }),
            disk(settings),
            Arc::new(MailServer { settings: self.live.clone() }),
            Arc::new(PasskeysFit { passkeys: self.passkeys.clone() }),
            Arc::new(SomebodyAdministers { first: self.first_administrator.clone() }),
        ])
    }
}

/// What can be looked at while the provider is not open; what rests on wrong settings is left out, and told so.
pub fn from_outside(salvaged: &Salvaged, settings: &Settings, clock: &Arc<dyn Clock>) -> Doctor {
    let given = |sections: &[&str]| sections.iter().all(|section| salvaged.is_whole(section));
    let site = given(&["issuer"]);
    let checks: [(bool, Arc<dyn Check>); 7] = [
        (site, Arc::new(BaseAddress { visit: visit(settings), own: None })),
        (given(&["issuer", "tls"]), certificate(settings, clock)),
        (
            true,
            Arc::new(ClockIsRight {
                clock: clock.clone(),
                written: WRITTEN,
                visit: site.then(|| visit(settings)),
                past: None,
            }),
        ),
        (given(&["data"]), Arc::new(MasterKeyFile { folder: settings.data.keys.clone(), used: None })),
        (given(&["data"]), Arc::new(DataFolder { folder: settings.data.folder.clone() })),
        (given(&["data"]), disk(settings)),
        (given(&["mail"]), Arc::new(MailServer { settings: Live::new(LiveSettings::at_start(settings)) })),
    ];
    let look = |(given, check): (bool, Arc<dyn Check>)| {
        if given { check } else { Arc::new(Unsettled(check.name())) }
    };
    Doctor::new(checks.into_iter().map(look).collect())
}

fn visit(settings: &Settings) -> Visit {
    Visit { site: Arc::new(settings.site.clone()) }
}

fn certificate(settings: &Settings, clock: &Arc<dyn Clock>) -> Arc<dyn Check> {
    let (tls, site) = (settings.tls.clone(), Arc::new(settings.site.clone()));
    Arc::new(CertificateCheck { tls, site, clock: clock.clone() })
}

fn disk(settings: &Settings) -> Arc<dyn Check> {
    Arc::new(Disk { folder: settings.data.folder.clone(), enough: ENOUGH, least: LEAST })
}
