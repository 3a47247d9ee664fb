//! What the tests about people, factors and the directory share: one small installation in memory.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use keyward::audit::{Chain, Event, Origin, Trail};
use keyward::config::limits::Limits;
use keyward::config::pages::Names;
use keyward::config::{Live, LiveSettings, Site};
use keyward::directory::own::{OwnDirectory, Parts};
use keyward::directory::{Answer, Directory as _, PasswordAttempt};
use keyward::factors::{Occasion, Passkeys, PasswordProof, RecoveryCodes, TotpEnrolment, TotpFactor};
use keyward::foundation::clock::ManualClock;
use keyward::foundation::ids::{JourneyId, UserId};
use keyward::foundation::random::SeededRandom;
use keyward::foundation::secret::Hidden;
use keyward::foundation::{Clock, Random, Timestamp};
use keyward::limits::{AuthenticatorLockout, PasswordLockout};
use keyward::sealing::Sealing;
use keyward::sessions::{DeviceCookie, Sessions};
use keyward::storage::{self, Batch, SharedStore};
use keyward::users::password_workers::{Cost, WorkerSettings};
use keyward::users::profile::{Mail, MailAddress, Username};
use keyward::users::{NewUser, PasswordRules, PasswordWorkers, Passwords, Pepper, User, Users};

/// A password that keeps every rule.
pub const GOOD: &str = "violet harbour 42 lantern";

/// Everything between the store and the directory, cheap to hash.
pub struct World {
    pub clock: Arc<ManualClock>,
    pub random: Arc<dyn Random>,
    pub store: SharedStore,
    pub users: Users,
    pub passwords: Arc<Passwords>,
    pub trail: Trail,
    /// The folder of the master key.
    pub keys: tempfile::TempDir,
    pub sealing: Arc<Sealing>,
    pub directory: OwnDirectory,
    pub totp: TotpFactor,
    pub enrolment: TotpEnrolment,
    pub recovery: RecoveryCodes,
    pub passkeys: Passkeys,
}

/// A cost at which a test can afford many hashes.
pub const CHEAP: Cost = Cost { memory: 64, passes: 1, lanes: 1 };

impl World {
    pub async fn new() -> Self {
        Self::with(WorkerSettings { patience: Duration::from_secs(60), ..WorkerSettings::default() }).await
    }

    pub async fn with(workers: WorkerSettings) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000_000)));
        let store = storage::memory::open(clock.clone());
        Self::over(store, clock, workers).await
    }

    /// A second start over the same data would find another master key.
    pub async fn over(store: SharedStore, clock: Arc<ManualClock>, workers: WorkerSettings) -> Self {
        let random: Arc<dyn Random> = Arc::new(SeededRandom::new(7));
        let time: Arc<dyn Clock> = clock.clone();
        let keys = tempfile::tempdir().unwrap();
        let sealing = Arc::new(Sealing::start(keys.path(), &*store, random.clone()).await.unwrap());
        let pepper = Pepper::load(&store, &sealing, random.as_ref()).await.unwrap();
        let workers = PasswordWorkers::start(workers).unwrap();
        let passwords = Passwords::new(store.clone(), time.clone(), random.clone(), workers, pepper);
        let passwords = Arc::new(passwords.with_cost(CHEAP));
        let trail = Trail::new(time.clone(), random.clone()).vouched_by(&sealing);
        let chain =
            Chain::new(store.clone(), time.clone(), trail.clone(), &sealing, Live::default(), keys.path());
        chain.begin().await.unwrap();
        let users = Users::new(store.clone(), time.clone(), random.clone());
        let sessions = Sessions::new(store.clone(), time.clone(), random.clone(), Live::default());
        let directory = OwnDirectory::new(Parts {
            store: store.clone(),
            clock: time.clone(),
            sealing: sealing.clone(),
            users: users.clone(),
            sessions: sessions.clone(),
            proof: PasswordProof::new(passwords.clone()),
            lockout: PasswordLockout::new(store.clone(), time.clone(), &Limits::default()),
            trail: trail.clone(),
        });
        let lockout = AuthenticatorLockout::new(store.clone(), time.clone(), &Limits::default());
        let totp =
            TotpFactor::new(store.clone(), time.clone(), sealing.clone(), lockout.clone(), trail.clone());
        let enrolment = TotpEnrolment::new(totp.clone(), random.clone(), demonstration());
        let passkeys = passkeys(&store, &time, &random, &trail);
        let recovery = RecoveryCodes::new(
            store.clone(),
            time,
            random.clone(),
            passwords.clone(),
            lockout,
            trail.clone(),
        );
        Self {
            clock,
            random,
            store,
            users,
            passwords,
            trail,
            keys,
            sealing,
            directory,
            totp,
            enrolment,
            recovery,
            passkeys,
        }
    }

    /// A person with the password [`GOOD`].
    pub async fn person(&self, name: &str) -> User {
        let user = self.users.create(new(name, None), Batch::new()).await.unwrap();
        let mut batch = Batch::new();
        let rules = PasswordRules::with_second_factor(Vec::new());
        self.passwords.set(&user, GOOD, false, &rules, &mut batch).await.unwrap();
        assert!(self.store.commit(batch).await.unwrap().is_done());
        user
    }

    pub async fn sign_in(&self, name: &str, password: &str, address: &str) -> Answer {
        let attempt = PasswordAttempt {
            login_name: name,
            password: &Hidden::new(password),
            device: &DeviceCookie::default(),
            journey: &JourneyId::from_text("j"),
            origin: &origin(address),
        };
        let answer = self.directory.authenticate(&attempt).await.unwrap();
        if let Answer::Authenticated(person) = &answer {
            assert!(self.store.commit(person.success.clone()).await.unwrap().is_done());
        }
        answer
    }

    pub async fn events(&self) -> Vec<Event> {
        let found = self.trail.read(&self.store, None, 1000).await.unwrap();
        found.into_iter().map(|(_, event)| event).collect()
    }
}

/// Where [`World::passkeys`] are asked for.
pub const ORIGIN: &str = "https://id.example.test";

fn passkeys(
    store: &SharedStore,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
    trail: &Trail,
) -> Passkeys {
    let lockout = AuthenticatorLockout::new(store.clone(), clock.clone(), &Limits::default());
    let site = Site::new(ORIGIN).unwrap();
    Passkeys::new(&site, store.clone(), clock.clone(), random.clone(), lockout, trail.clone())
}

/// Settings in which the organisation's name has a colon.
fn demonstration() -> Live {
    let pages = Names { organisation: "Keyward: Demo".to_owned(), support: None, language: None };
    Live::new(LiveSettings { pages, ..LiveSettings::default() })
}

pub fn origin(address: &str) -> Origin {
    Origin::new(address.parse::<IpAddr>().ok(), Some("Browser/1.0"), Some("r-1".to_owned()))
}

pub fn occasion(user: &UserId, journey: &str) -> Occasion {
    Occasion { user: user.clone(), journey: JourneyId::from_text(journey), origin: origin("192.0.2.1") }
}

pub fn new(name: &str, mail: Option<&str>) -> NewUser {
    let mut new = NewUser::named(Username::new(name).unwrap());
    new.profile.mail = mail.map(|mail| Mail { address: MailAddress::new(mail).unwrap(), verified: true });
    new
}
