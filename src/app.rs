//! The composition root: settings and a store in, every module built once and wired by hand, a router out.

mod commands;
pub mod doctor;
mod doors;
mod mail;
mod readiness;
pub mod upkeep;

use std::sync::Arc;

use mail::Mailing;

use crate::audit::{Chain, Trail};
use crate::clients::Clients;
use crate::config::{Live, LiveSettings, Settings};
use crate::configuration::{self, Configuration};
use crate::delivery::DeliveryError;
use crate::factors::{MailCodes, Passkeys, TotpEnrolment, TotpFactor};
use crate::foundation::{Clock, Random};
use crate::grants::Grants;
use crate::jobs::{Arrivals, Runner};
use crate::keys::{KeyError, Rotation, rotation};
use crate::lifecycle::post::Way;
use crate::lifecycle::restored::{self, RestoredError};
use crate::lifecycle::{FirstAdministrator, Invitations, Lifecycle, PasswordResets};
use crate::limits::{AuthenticatorLockout, PasswordLockout};
use crate::pages::{Pages, PagesError};
use crate::sealing::{Sealing, SealingError};
use crate::sessions::Sessions;
use crate::storage::{SharedStore, StorageError};
use crate::telemetry::health::Health;
use crate::users::notices::Notices;
use crate::users::password_workers::WorkerSettings;
use crate::users::{PasswordRules, PasswordWorkers, Passwords, Pepper, UserError, Users};
use crate::web::Probes;

/// Why the provider could not be put together: one sentence for the administrator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The master key is missing or wrong.
    #[error(transparent)]
    Sealing(#[from] SealingError),
    /// The store was restored from a backup that was not made here.
    #[error(transparent)]
    Restored(#[from] RestoredError),
    /// The signing keys could not be read or made.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The pepper could not be read or made.
    #[error(transparent)]
    Users(#[from] UserError),
    /// The configuration could not be read.
    #[error(transparent)]
    Configuration(#[from] configuration::Refused),
    /// The pages could not be made ready.
    #[error(transparent)]
    Pages(#[from] PagesError),
    /// The way to the mail server could not be prepared.
    #[error(transparent)]
    Mail(#[from] DeliveryError),
    /// The password workers could not be started.
    #[error("the threads that hash passwords could not be started: {0}")]
    Workers(#[from] std::io::Error),
}

/// What the provider stands on; everything else is made from it.
#[derive(Debug, Clone)]
pub struct Ground {
    /// The settings.
    pub settings: Settings,
    /// The store.
    pub store: SharedStore,
    /// The master key's work.
    pub sealing: Arc<Sealing>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
    /// Tells of work that is queued in the store.
    pub arrivals: Arrivals,
}

impl Ground {
    /// Opens the master key for `store`, before anything else is written there. From now on the store is the one in here,
    /// which tells of queued work.
    pub async fn new(
        settings: Settings,
        store: SharedStore,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, StartError> {
        let sealing = Sealing::start(&settings.data.keys, store.as_ref(), Arc::clone(&random)).await?;
        let (store, arrivals) = Arrivals::at(store);
        Ok(Self { settings, store, sealing: Arc::new(sealing), clock, random, arrivals })
    }
}

/// The provider, put together: the records for administrative acts, and the router for everybody else.
#[derive(Debug, Clone)]
pub struct App {
    /// What it stands on.
    pub ground: Ground,
    /// People and groups.
    pub users: Users,
    /// Their passwords.
    pub passwords: Arc<Passwords>,
    /// Applications.
    pub clients: Clients,
    /// One-time links.
    pub invitations: Invitations,
    /// The way to the first administrator.
    pub first_administrator: FirstAdministrator,
    /// Authenticator apps.
    pub enrolment: TotpEnrolment,
    /// Passkeys and security keys.
    pub passkeys: Passkeys,
    /// Sign-in sessions.
    pub sessions: Sessions,
    /// The signing keys, and their life.
    pub rotation: Rotation,
    /// The pages.
    pub pages: Arc<Pages>,
    /// The named checks behind `/ready`.
    pub health: Arc<Health>,
    /// Where events go.
    pub trail: Trail,
    /// Carries out what is queued, once it is run.
    pub runner: Runner,
    /// What people are told by mail.
    pub notices: Notices,
    /// What becomes of them.
    pub chain: Chain,
    /// The settings that count now.
    pub live: Live,
    /// What belongs together when something happens to a person.
    pub lifecycle: Lifecycle,
    /// All that is configured.
    pub configuration: Configuration,
    /// Requests of our own that should come in again.
    pub probes: Probes,
    factor: TotpFactor,
    /// One-time codes by mail.
    pub mail_codes: MailCodes,
    way: Way,
    resets: PasswordResets,
}

impl App {
    /// Builds every module once, and the configuration before all that begins with what it says.
    pub async fn build(ground: Ground) -> Result<Self, StartError> {
        let Ground { settings, store, sealing, clock, random, .. } = ground.clone();
        let trail = Trail::new(clock.clone(), random.clone()).vouched_by(&sealing);
        let live = Live::new(LiveSettings::at_start(&settings));
        let chain = chain(&ground, &trail, &live).await?;
        let pages = Arc::new(Pages::under(live.clone(), settings.pages.folder.clone())?);
        let mail = Mailing::new(&ground, &trail, &live);
        let users = Users::new(store.clone(), clock.clone(), random.clone());
        if restored::accept(&store, &sealing, &users, &trail, &mail.notices).await? {
            chain.release_checkpoint();
        }
        let rotation = Rotation::open(rotation_parts(&ground, &trail, &live)).await?;
        let passwords = Arc::new(passwords(&ground).await?);
        let factor = authenticators(&ground, &trail, &live).telling(mail.notices.clone());
        let passkeys = passkeys(&ground, &trail, &live).telling(mail.notices.clone());
        tell_of_lost(&passkeys).await?;
        let mail_codes = mail.codes(&ground, &live);
        let sessions = Sessions::new(store.clone(), clock.clone(), random.clone(), live.clone());
        let site = Arc::new(settings.site.clone());
        let invitations = Invitations::new(store.clone(), clock.clone(), random.clone(), trail.clone())
            .telling(mail.notices.clone());
        let lifecycle = Lifecycle::new(
            store.clone(),
            users.clone(),
            sessions.clone(),
            PasswordLockout::new(store.clone(), clock.clone(), live.clone()),
            trail.clone(),
            mail.notices.clone(),
        );
        let clients = Clients::new(store.clone(), site, clock.clone(), random.clone());
        let configured = configured(&ground, &users, &clients, &pages, &trail, &live);
        let configuration = Configuration::open(configured).await?;
        let resets = mail.resets(&ground, &users);
        Ok(Self {
            configuration,
            runner: mail.runner(&ground, &pages, &invitations, &mail_codes, &resets)?,
            resets,
            mail_codes,
            first_administrator: first_administrator(&ground, &users, &trail),
            users,
            clients,
            invitations,
            enrolment: TotpEnrolment::new(factor.clone(), random.clone(), live.clone()),
            lifecycle,
            health: Arc::new(readiness::ready_when(&store, clock, mail.way.clone(), &chain)),
            way: mail.way,
            chain,
            notices: mail.notices,
            rotation,
            pages,
            passwords,
            probes: Probes::default(),
            sessions,
            passkeys,
            factor,
            trail,
            live,
            ground,
        })
    }

    /// The same with other `passwords`: whoever embeds the provider may choose workers and cost, which hold for
    /// recovery codes too.
    pub fn with_passwords(mut self, passwords: Passwords) -> Self {
        self.passwords = Arc::new(passwords);
        self
    }

    /// What a new password must fulfil now.
    pub fn password_rules(&self) -> PasswordRules {
        PasswordRules::under(&self.live.now())
    }
}

async fn passwords(ground: &Ground) -> Result<Passwords, StartError> {
    let Ground { store, sealing, clock, random, .. } = ground;
    let pepper = Pepper::load(store, sealing, random.as_ref()).await?;
    let workers = PasswordWorkers::start(WorkerSettings::default())?;
    Ok(Passwords::new(store.clone(), clock.clone(), random.clone(), workers, pepper))
}

fn authenticators(ground: &Ground, trail: &Trail, live: &Live) -> TotpFactor {
    let Ground { store, sealing, clock, .. } = ground;
    let lockout = AuthenticatorLockout::new(store.clone(), clock.clone(), live.clone());
    TotpFactor::new(store.clone(), clock.clone(), sealing.clone(), lockout, trail.clone())
}

fn passkeys(ground: &Ground, trail: &Trail, live: &Live) -> Passkeys {
    let Ground { settings, store, clock, random, .. } = ground;
    let lockout = AuthenticatorLockout::new(store.clone(), clock.clone(), live.clone());
    let (store, clock, random) = (store.clone(), clock.clone(), random.clone());
    Passkeys::new(&settings.site, store, clock, random, lockout, trail.clone())
}

/// The issuer's host was changed: all passkeys are dead, and nobody else would say so (R-WA-10).
async fn tell_of_lost(passkeys: &Passkeys) -> Result<(), StorageError> {
    if let Some(host) = passkeys.lost_with().await? {
        tracing::warn!(
            host,
            "people have passkeys for a host that is no longer the issuer's: none of them works"
        );
    }
    Ok(())
}

fn first_administrator(ground: &Ground, users: &Users, trail: &Trail) -> FirstAdministrator {
    let Ground { store, clock, random, .. } = ground;
    FirstAdministrator::new(store.clone(), clock.clone(), random.clone(), users.clone(), trail.clone())
}

/// Begun before anything is written to the trail.
async fn chain(ground: &Ground, trail: &Trail, live: &Live) -> Result<Chain, StorageError> {
    let Ground { settings, store, sealing, clock, .. } = ground;
    let keys = &settings.data.keys;
    let chain = Chain::new(store.clone(), clock.clone(), trail.clone(), sealing, live.clone(), keys);
    chain.begin().await.map(|()| chain)
}

fn configured(
    ground: &Ground,
    users: &Users,
    clients: &Clients,
    pages: &Arc<Pages>,
    trail: &Trail,
    live: &Live,
) -> configuration::Parts {
    let Ground { settings, store, sealing, clock, random, .. } = ground;
    configuration::Parts {
        store: store.clone(),
        clock: clock.clone(),
        random: random.clone(),
        site: Arc::new(settings.site.clone()),
        clients: clients.clone(),
        grants: Grants::new(store.clone()),
        users: users.clone(),
        sealing: sealing.clone(),
        pages: pages.clone(),
        mail_ca_file: settings.mail_ca_file.clone(),
        trail: trail.clone(),
        live: live.clone(),
    }
}

fn rotation_parts(ground: &Ground, trail: &Trail, live: &Live) -> rotation::Parts {
    let Ground { store, sealing, clock, .. } = ground;
    rotation::Parts {
        store: store.clone(),
        sealing: sealing.clone(),
        clock: clock.clone(),
        trail: trail.clone(),
        live: live.clone(),
    }
}
