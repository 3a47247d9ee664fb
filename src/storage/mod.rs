//! The storage kernel: a small ordered store of typed records, the same on every engine.
//!
//! What is read and written is data: keys, records, and batches of conditions and writes. There is no transaction handle
//! and no closure, so nothing is held open over an `await`, and a batch can be group-committed, retried, logged and
//! compared with a model. Single use, rotation, counters and lock-out exist only as conditions in a commit.
//!
//! Must not: know what a record means, or keep anything that is not durable.
//! Follows: security requirements R-CO-03, R-ST-01 to R-ST-05; decisions 0001 and 0005 (engines).

pub mod aside;
pub mod backup;
pub mod batch;
pub mod embedded;
pub mod engine;
pub mod envelope;
mod expiry;
mod folder;
pub mod generation;
mod inspection;
pub mod loading;
pub mod kept;
pub mod key;
pub mod limits;
mod marker;
pub mod memory;
pub mod moving;
pub mod new_folder;
pub mod place;
pub mod record;
pub mod redb;
mod round;
pub mod sled;
pub mod upgrade;
mod writer;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;

use embedded::Embedded;
use engine::Engine;

pub use batch::{Batch, Outcome, Precondition, Write};
pub use generation::{Generation, Generations};
pub use kept::Kept;
pub use key::Key;
pub use record::{Raw, Record, Stored};

use crate::config::storage::EngineName;
use crate::foundation::{Clock, Timestamp};

/// Counts the writes of a store: each record carries the one that wrote it last.
pub type Revision = u64;

/// Why the store could not answer. A refused batch is not among these: see [`Outcome::Refused`].
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The batch breaks a limit of the kernel, or a record could not be written as JSON: a fault of ours.
    #[error("invalid batch: {0}")]
    Invalid(String),
    /// Stored bytes are damaged, or newer than this program.
    #[error("damaged or foreign record: {0}")]
    Corrupt(String),
    /// Another process holds the data folder.
    #[error("{0} is in use by another process")]
    InUse(String),
    /// What this store held lives in another one since: two stores from one would each accept what the other has spent.
    #[error(
        "this data was moved to {0}: set data.folder to it; to go back, bring it back with keyward move, or restore a backup"
    )]
    Moved(String),
    /// Another user owns the data folder; one sentence with the mend.
    #[error("{0}")]
    Foreign(String),
    /// The engine failed; nothing more is acknowledged (R-ST-02).
    #[error("storage failed: {0}")]
    Failed(String),
}

/// What [`Store::check`] found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Records read, expired ones included.
    pub records: u64,
    /// What is wrong, a sentence each; empty when all is well.
    pub problems: Vec<String>,
}

/// Which store, and how far it had come when it was copied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StoreMark {
    /// A number drawn when the store was founded.
    pub number: u64,
    /// The highest revision it has given out.
    pub revision: Revision,
}

/// Receives a consistent copy: first its mark, then its records in key order.
pub trait ExportSink: Send {
    /// Takes the mark of the store whose records follow.
    fn begin(&mut self, mark: StoreMark) -> Result<(), StorageError>;

    /// Takes one record: its key and its envelope's bytes, identical on every engine.
    fn record(&mut self, key: &Key, envelope: &[u8]) -> Result<(), StorageError>;
}

/// The store. Expired records count as absent at once; the sweep only frees their space.
#[async_trait]
pub trait Store: Send + Sync + std::fmt::Debug + 'static {
    /// One consistent view of these keys, in their order.
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Raw>>, StorageError>;

    /// The records whose keys begin with `prefix`, ordered, after `after`, at most `limit`. No snapshot across pages.
    async fn scan(
        &self,
        prefix: &Key,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Raw)>, StorageError>;

    /// All of the batch or nothing. `Done` means durable, and visible to every later call.
    async fn commit(&self, batch: Batch) -> Result<Outcome, StorageError>;

    /// Looks at up to `limit` records that may have ended by `now`, and removes those that have; answers how many it looked at.
    /// Fewer than `limit` means that nothing is left to look at.
    async fn sweep(&self, now: Timestamp, limit: usize) -> Result<usize, StorageError>;

    /// Writes a consistent copy of everything to `sink`; answers how many records.
    async fn export(&self, sink: &mut dyn ExportSink) -> Result<u64, StorageError>;

    /// Reads everything and verifies checksums and the expiry index.
    async fn check(&self) -> Result<CheckReport, StorageError>;

    /// Tells when and why the engine failed for good: then nothing more is acknowledged, and the process must end (R-ST-02).
    fn failure(&self) -> watch::Receiver<Option<String>>;
}

/// Opens the store that `engine` keeps in `folder`, or founds it. A folder in which another engine keeps one is refused.
pub fn open(
    engine: EngineName,
    folder: &Path,
    cache_bytes: usize,
    clock: Arc<dyn Clock>,
) -> Result<SharedStore, StorageError> {
    Ok(Arc::new(Embedded::start(raw_engine(engine, folder, cache_bytes)?, clock)?))
}

/// The engine alone, its folder held; a new one is empty.
fn raw_engine(
    engine: EngineName,
    folder: &Path,
    cache_bytes: usize,
) -> Result<Arc<dyn Engine>, StorageError> {
    match engine {
        EngineName::Redb => redb::engine(folder, cache_bytes),
        EngineName::Sled => sled::engine(folder, cache_bytes),
    }
}

/// Refuses a folder in which no engine keeps a store: whoever copies data must not found an empty store and copy that.
pub fn require_store(folder: &Path) -> Result<(), StorageError> {
    // What may not be looked at is named by whoever opens it.
    let holds = |engine: EngineName| folder.join(engine.place()).try_exists().unwrap_or(true);
    if EngineName::ALL.into_iter().any(holds) {
        return Ok(());
    }
    Err(StorageError::Failed(format!(
        "there is no data in {}: see data.folder in the settings this command was given",
        folder.display()
    )))
}

/// Whether any engine keeps a store in `folder`. Fails where this process may not look.
pub fn is_founded(folder: &Path) -> std::io::Result<bool> {
    for engine in EngineName::ALL {
        if folder.join(engine.place()).try_exists()? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The store as every module holds it.
pub type SharedStore = Arc<dyn Store>;

impl dyn Store {
    /// The live record at `key`, as it stands there.
    pub async fn get_one(&self, key: &Key) -> Result<Option<Raw>, StorageError> {
        Ok(self.get(std::slice::from_ref(key)).await?.pop().flatten())
    }

    /// The record at `key`, read as `T`.
    pub async fn fetch<T: Record>(&self, key: &Key) -> Result<Option<Stored<T>>, StorageError> {
        self.get_one(key).await?.map(|raw| raw.decode()).transpose()
    }

    /// The counter at `key`; an absent or expired one counts 0.
    pub async fn counter(&self, key: &Key) -> Result<u64, StorageError> {
        self.get_one(key).await?.map_or(Ok(0), |raw| raw.counter())
    }
}
