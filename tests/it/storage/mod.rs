//! The storage kernel: one contract on every engine, crashes, system calls, and a comparison with a model.

mod backup;
mod contract;
mod counters;
mod crash;
mod expiry;
mod failing;
mod faults;
mod model;
mod moving;
mod places;
mod power_cut;
mod races;
mod second_engine;
mod system_calls;
mod unfinished;
mod workload;

use std::sync::Arc;
use std::time::Duration;

use keyward::config::storage::EngineName;
use keyward::foundation::Timestamp;
use keyward::foundation::clock::{ManualClock, Stopwatch};
use keyward::storage::{self, Batch, Key, Outcome, Record, SharedStore};
use serde::{Deserialize, Serialize};

/// A record for tests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note(pub String);

impl Record for Note {}

/// A note that says `text`.
pub fn note(text: &str) -> Note {
    Note(text.to_owned())
}

/// The key of a note.
pub fn key(name: &str) -> Key {
    Key::new("note", &[name])
}

/// Opens what nobody holds. While another test starts a program, that one has copies of all our locks, until it begins.
pub fn patiently<T, E: std::fmt::Display>(open: impl Fn() -> Result<T, E>) -> Result<T, E> {
    let begun = Stopwatch::start();
    loop {
        match open() {
            Err(error) if is_held(&error.to_string()) && begun.elapsed() < Duration::from_secs(10) => {
                std::thread::sleep(Duration::from_millis(10));
            }
            outcome => return outcome,
        }
    }
}

/// In our words, sled's or redb's.
fn is_held(error: &str) -> bool {
    ["in use", "acquire lock"].iter().any(|words| error.contains(words))
}

/// An empty store on one engine, its clock, and the folder that vanishes with it.
pub struct Bench {
    pub store: SharedStore,
    pub clock: Arc<ManualClock>,
    pub folder: Option<tempfile::TempDir>,
}

pub const START: Timestamp = Timestamp(1_800_000_000_000);

impl Bench {
    pub fn memory() -> Self {
        let clock = Arc::new(ManualClock::new(START));
        Self { store: storage::memory::open(clock.clone()), clock, folder: None }
    }

    pub fn redb() -> Self {
        Self::on(EngineName::Redb)
    }

    pub fn sled() -> Self {
        Self::on(EngineName::Sled)
    }

    pub fn on(engine: EngineName) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let folder = tempfile::tempdir().unwrap();
        let store = storage::open(engine, folder.path(), storage::redb::CACHE_BYTES, clock.clone()).unwrap();
        Self { store, clock, folder: Some(folder) }
    }

    /// The moment `seconds` from now.
    pub fn in_seconds(&self, seconds: u64) -> Option<Timestamp> {
        use keyward::foundation::Clock as _;
        Some(self.clock.now().plus(Duration::from_secs(seconds)))
    }

    pub fn pass_seconds(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub async fn put(&self, name: &str, text: &str, expires: Option<Timestamp>) -> u64 {
        let mut batch = Batch::new();
        batch.put(key(name), &note(text), expires);
        done(self.store.commit(batch).await.unwrap())
    }

    pub async fn text(&self, name: &str) -> Option<String> {
        self.store.fetch::<Note>(&key(name)).await.unwrap().map(|stored| stored.value.0)
    }

    pub async fn all_is_well(&self) {
        assert_eq!(self.store.check().await.unwrap().problems, Vec::<String>::new());
    }
}

/// The revision of a batch that must have been written.
pub fn done(outcome: Outcome) -> u64 {
    match outcome {
        Outcome::Done(revision) => revision,
        Outcome::Refused(place) => panic!("refused by its condition {place}"),
    }
}

/// Runs each function of the contract on each engine.
macro_rules! on_every_engine {
    ($($(#[$meaning:meta])* $name:ident),+ $(,)?) => {
        mod memory { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name(crate::storage::Bench::memory()).await; }
        )+ }
        mod redb { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name(crate::storage::Bench::redb()).await; }
        )+ }
        mod sled { $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name(crate::storage::Bench::sled()).await; }
        )+ }
    };
}
pub(crate) use on_every_engine;
