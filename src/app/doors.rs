//! The doors: what each of them is built from, and all of them as one router.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;

use super::{App, Ground};
use crate::account::{self, Accounts};
use crate::configuration;
use crate::directory::OwnDirectory;
use crate::directory::own::Parts;
use crate::factors::{
    AccessCodes, PasswordProof, RecoveryCodes, RecoverySheets, Registry, RememberedDevices,
};
use crate::grants::Grants;
use crate::journey::{self, Errands, Journeys};
use crate::limits::{ApplicationLimit, AuthenticatorLockout, PasswordLockout};
use crate::oidc::{self, Answers, Oidc};
use crate::server::layers::{Shell, with_layers};
use crate::telemetry::health;
use crate::web::{self, Web};

impl App {
    pub(super) fn recovery_codes(&self) -> RecoveryCodes {
        let Ground { store, clock, random, .. } = &self.ground;
        let lockout = AuthenticatorLockout::new(store.clone(), clock.clone(), self.live.clone());
        let (passwords, trail) = (self.passwords.clone(), self.trail.clone());
        RecoveryCodes::new(store.clone(), clock.clone(), random.clone(), passwords, lockout, trail)
            .telling(self.notices.clone())
    }

    /// All routes within all layers, ready to be served.
    pub fn router(&self) -> Router {
        let Ground { settings, random, .. } = &self.ground;
        let site = Arc::new(settings.site.clone());
        let web = Arc::new(Web { site, pages: self.pages.clone(), random: random.clone() });
        let answers = Arc::new(self.answers(&web));
        let journeys = Arc::new(self.journeys(&web, answers.clone()));
        let oidc = Arc::new(self.oidc(&web, &journeys, answers));
        let routes = Router::new()
            .merge(oidc::routes(oidc.clone()))
            .merge(journey::routes(journeys.clone()))
            .merge(account::routes(Arc::new(self.accounts(&web, &journeys, oidc))));
        self.within_layers(routes)
    }

    /// `routes` that read what is configured, beside those that do not, within all layers.
    pub fn within_layers(&self, routes: Router) -> Router {
        let Ground { settings, random, .. } = &self.ground;
        let routes = routes
            .layer(from_fn_with_state(Arc::new(self.configuration.clone()), configuration::pin::pin))
            .merge(web::asset_files::routes(self.pages.clone()))
            .merge(health::routes(self.health.clone()));
        let shell = Shell {
            site: settings.site.clone().into(),
            proxies: settings.proxies.clone().into(),
            bounds: settings.http.clone(),
            pages: self.pages.clone(),
            random: random.clone(),
            probes: self.probes.clone(),
        };
        with_layers(routes, &shell)
    }

    fn journeys(&self, web: &Arc<Web>, errands: Arc<dyn Errands>) -> Journeys {
        let Ground { store, clock, random, .. } = &self.ground;
        Journeys {
            store: store.clone(),
            clock: clock.clone(),
            random: random.clone(),
            web: web.clone(),
            trail: self.trail.clone(),
            settings: self.live.clone(),
            users: self.users.clone(),
            people: self.journey_people(),
            passwords: self.passwords.clone(),
            proof: PasswordProof::new(self.passwords.clone()),
            directory: Arc::new(self.directory()),
            second_factor: Arc::new(self.factor.clone()),
            passkeys: self.passkeys.clone(),
            mail_codes: self.mail_codes.clone(),
            remembered: self.remembered_devices(),
            mail: self.way.clone(),
            enrolment: self.enrolment.clone(),
            recovery_codes: self.recovery_codes(),
            recovery_sheets: RecoverySheets::new(store.clone(), clock.clone(), self.ground.sealing.clone()),
            sessions: self.sessions.clone(),
            grants: Grants::new(store.clone()),
            lifecycle: self.lifecycle.clone(),
            invitations: self.invitations.clone(),
            first_administrator: self.first_administrator.clone(),
            errands,
        }
    }

    pub(super) fn access_codes(&self) -> AccessCodes {
        let Ground { store, clock, random, sealing, .. } = &self.ground;
        let lockout = AuthenticatorLockout::new(store.clone(), clock.clone(), self.live.clone());
        let (clock, random, sealing) = (clock.clone(), random.clone(), sealing.clone());
        AccessCodes::new(store.clone(), clock, random, sealing, lockout, self.trail.clone())
            .telling(self.notices.clone())
    }

    pub(super) fn remembered_devices(&self) -> RememberedDevices {
        let Ground { store, clock, random, .. } = &self.ground;
        let (trail, notices) = (self.trail.clone(), self.notices.clone());
        RememberedDevices::new(store.clone(), clock.clone(), random.clone(), trail, notices)
    }

    /// What decisions about people rest on.
    pub(super) fn journey_people(&self) -> journey::People {
        journey::People {
            clock: self.ground.clock.clone(),
            users: self.users.clone(),
            passwords: self.passwords.clone(),
            passkeys: self.passkeys.clone(),
            totp: Arc::new(self.factor.clone()),
            mail_codes: self.mail_codes.clone(),
            access_codes: self.access_codes(),
            grants: Grants::new(self.ground.store.clone()),
        }
    }

    fn answers(&self, web: &Arc<Web>) -> Answers {
        let Ground { clock, random, .. } = &self.ground;
        Answers {
            clock: clock.clone(),
            random: random.clone(),
            clients: self.clients.clone(),
            web: web.clone(),
        }
    }

    fn directory(&self) -> OwnDirectory {
        let Ground { store, sealing, clock, .. } = &self.ground;
        OwnDirectory::new(Parts {
            store: store.clone(),
            clock: clock.clone(),
            sealing: sealing.clone(),
            users: self.users.clone(),
            sessions: self.sessions.clone(),
            proof: PasswordProof::new(self.passwords.clone()),
            lockout: PasswordLockout::new(store.clone(), clock.clone(), self.live.clone()),
            trail: self.trail.clone(),
        })
    }

    fn oidc(&self, web: &Arc<Web>, journeys: &Arc<Journeys>, answers: Arc<Answers>) -> Oidc {
        let Ground { settings, store, clock, random, .. } = &self.ground;
        Oidc {
            site: Arc::new(settings.site.clone()),
            store: store.clone(),
            clock: clock.clone(),
            random: random.clone(),
            trail: self.trail.clone(),
            keyring: self.rotation.keyring().clone(),
            limit: ApplicationLimit::new(store.clone(), clock.clone(), self.live.clone()),
            clients: self.clients.clone(),
            users: self.users.clone(),
            grants: Grants::new(store.clone()),
            sessions: self.sessions.clone(),
            journeys: journeys.clone(),
            web: web.clone(),
            answers,
        }
    }

    fn accounts(&self, web: &Arc<Web>, journeys: &Arc<Journeys>, oidc: Arc<Oidc>) -> Accounts {
        Accounts {
            web: web.clone(),
            journeys: journeys.clone(),
            clients: self.clients.clone(),
            sessions: self.sessions.clone(),
            factors: Registry::new(vec![
                Arc::new(self.passkeys.clone()),
                Arc::new(self.factor.clone()),
                Arc::new(self.recovery_codes()),
            ]),
            passkeys: self.passkeys.clone(),
            chain: self.chain.clone(),
            links: self.resets.links.clone(),
            resets: self.resets.clone(),
            oidc,
        }
    }
}
