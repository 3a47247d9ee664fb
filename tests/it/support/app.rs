//! The whole provider over a store in memory, on a real socket of the loopback, with a clock that tests move.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use keyward::app::{App, Ground};
use keyward::audit::Trail;

use keyward::config::{Settings, Site};
use keyward::foundation::clock::ManualClock;
use keyward::foundation::random::SeededRandom;
use keyward::foundation::{Clock, Random, Timestamp};
use keyward::server::{Server, Stop};
use keyward::storage::{self, SharedStore};
use keyward::users::password_workers::{Cost, WorkerSettings};
use keyward::users::{PasswordWorkers, Passwords, Pepper};

/// A cost at which a test can afford many hashes.
const CHEAP: Cost = Cost { memory: 64, passes: 1, lanes: 1 };

/// A running provider; it ends with the test.
pub struct TestApp {
    /// The provider: people, clients and the rest are made through it.
    pub app: App,
    /// Its time, which stands still until it is moved.
    pub clock: Arc<ManualClock>,
    /// `http://localhost:PORT`.
    pub issuer: String,
    /// Where it listens.
    pub address: SocketAddr,
    _stop: Stop,
    _folder: tempfile::TempDir,
}

/// The provider with default settings; people without a second factor may enrol one by their password.
pub async fn start() -> TestApp {
    start_with(|_| {}).await
}

/// The same, with settings changed by `adjust`.
pub async fn start_with(adjust: impl FnOnce(&mut Settings)) -> TestApp {
    let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000_000)));
    let store = storage::memory::open(clock.clone());
    start_over(store, clock, adjust).await
}

/// The same, with these threads and this cost for hashes.
pub async fn start_hashing(
    workers: WorkerSettings,
    cost: Cost,
    adjust: impl FnOnce(&mut Settings),
) -> TestApp {
    let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000_000)));
    let store = storage::memory::open(clock.clone());
    build(store, clock, (workers, cost), adjust).await
}

/// The same, over a store of the test's own.
pub async fn start_over(
    store: SharedStore,
    clock: Arc<ManualClock>,
    adjust: impl FnOnce(&mut Settings),
) -> TestApp {
    let patient = WorkerSettings { patience: Duration::from_secs(60), ..WorkerSettings::default() };
    build(store, clock, (patient, CHEAP), adjust).await
}

async fn build(
    store: SharedStore,
    clock: Arc<ManualClock>,
    hashing: (WorkerSettings, Cost),
    adjust: impl FnOnce(&mut Settings),
) -> TestApp {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    adjust(&mut settings);
    let listen = ["127.0.0.1:0".parse().unwrap()];
    let server = Server::bind(&listen, &settings.http, settings.proxies.clone().into()).await.unwrap();
    let address = server.addresses()[0];
    let issuer = format!("http://localhost:{}", address.port());
    settings.site = Site::new(&issuer).unwrap();
    let random: Arc<dyn Random> = Arc::new(SeededRandom::new(u64::from(address.port())));
    let time: Arc<dyn Clock> = clock.clone();
    let ground = Ground::new(settings, store, time, random).await.unwrap();
    let app = App::build(ground).await.unwrap();
    let passwords = passwords(&app, hashing).await;
    let app = app.with_passwords(passwords);
    let (stop, stopping) = Stop::new();
    tokio::spawn(server.serve(app.router(), stopping));
    TestApp { app, clock, issuer, address, _stop: stop, _folder: folder }
}

fn settings(folder: &Path) -> Settings {
    let text = "[policy]\nfirst_enrolment_by_password = [\"127.0.0.0/8\"]\n[pages]\nsupport = \"the help desk, 555\"\n";
    Settings::parse("test.toml", folder, text).unwrap()
}

async fn passwords(app: &App, (workers, cost): (WorkerSettings, Cost)) -> Passwords {
    let ground = &app.ground;
    let pepper = Pepper::load(&ground.store, &ground.sealing, ground.random.as_ref()).await.unwrap();
    let workers = PasswordWorkers::start(workers).unwrap();
    let (store, clock, random) = (ground.store.clone(), ground.clock.clone(), ground.random.clone());
    Passwords::new(store, clock, random, workers, pepper).with_cost(cost)
}

impl TestApp {
    /// Where everything is.
    pub fn store(&self) -> &SharedStore {
        &self.app.ground.store
    }

    /// The absolute address of `path`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// The host as it stands in the header `Host`.
    pub fn host(&self) -> &str {
        self.issuer.strip_prefix("http://").unwrap()
    }

    /// Moves the clock.
    pub fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// All audit events so far, oldest first, as they are stored.
    pub async fn events(&self) -> Vec<serde_json::Value> {
        let ground = &self.app.ground;
        let trail = Trail::new(ground.clock.clone(), ground.random.clone());
        let events = trail.read(&ground.store, None, 1000).await.unwrap();
        events.into_iter().map(|(_, event)| serde_json::to_value(event).unwrap()).collect()
    }

    /// The present second.
    pub fn now(&self) -> i64 {
        self.clock.now().seconds()
    }
}
