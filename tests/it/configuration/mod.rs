//! All that is configured as one model: exported, planned, applied, seen by a running server, and never half.

mod command_line;
mod hostile;
mod kill;
mod mail;
mod older;
mod parallel;
mod people;
mod round_trip;
mod running;
mod secrets;

use std::path::Path;
use std::sync::Arc;

use keyward::app::{App, Ground};
use keyward::audit::Actor;
use keyward::config::Settings;
use keyward::configuration::document::{Format, read};
use keyward::configuration::{Applied, Model, Proposal, Refused};
use keyward::foundation::Timestamp;
use keyward::foundation::clock::ManualClock;
use keyward::foundation::random::SystemRandom;
use keyward::storage::{self, SharedStore};

/// An installation without a server: a store, its keys, and the provider over them.
struct Place {
    folder: tempfile::TempDir,
    clock: Arc<ManualClock>,
    store: SharedStore,
}

impl Place {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000_000)));
        let store = storage::memory::open(clock.clone());
        Self { folder: tempfile::tempdir().unwrap(), clock, store }
    }

    /// The provider as a start finds it, over its own store.
    async fn start(&self) -> App {
        self.start_over(self.store.clone()).await
    }

    /// The same, over a store that does not always obey.
    async fn start_over(&self, store: SharedStore) -> App {
        let settings = settings(self.folder.path(), "");
        let ground = Ground::new(settings, store, self.clock.clone(), Arc::new(SystemRandom)).await.unwrap();
        App::build(ground).await.unwrap()
    }

    /// The records whose keys begin so.
    async fn count(&self, kind: &str) -> usize {
        self.store.scan(&storage::Key::prefix(kind, &[]), None, 100_000).await.unwrap().len()
    }
}

fn settings(folder: &Path, more: &str) -> Settings {
    Settings::parse(
        "test.toml",
        folder,
        &format!("issuer = \"https://id.example.com\"\n[proxies]\ntrusted = [\"10.0.0.1\"]\n{more}"),
    )
    .unwrap()
}

/// What `toml` proposes, without secrets.
fn proposal(toml: &str) -> Proposal {
    Proposal { model: model(toml), ..Proposal::default() }
}

fn model(toml: &str) -> Model {
    read(toml, Format::Toml).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

pub(crate) async fn apply(app: &App, model: Model) -> Result<Applied, Refused> {
    let proposal = Proposal { model, ..Proposal::default() };
    app.configuration.apply(&proposal, None, Actor::CommandLine).await
}

pub(crate) async fn export(app: &App) -> Model {
    app.configuration.export(Actor::CommandLine).await.unwrap()
}

/// A client that asks nothing unusual.
const WIKI: &str =
    "[clients.wiki]\nclient_name = \"Wiki\"\nredirect_uris = [\"https://wiki.example.com/cb\"]\n";

impl Place {
    fn clock_now(&self) -> Timestamp {
        use keyward::foundation::Clock as _;
        self.clock.now()
    }
}
