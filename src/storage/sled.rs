//! The second embedded engine: sled 0.34, called so that nothing acknowledged is lost (decision 0005).
//!
//! sled's own flush does not reach the disk on Linux, so each apply is followed by a sync of our own, through a second
//! handle on its file; nothing is ever written unsynced, and `flush_async`, which can hang, is never called. sled has no
//! snapshots: rows in flight show their old value until they are durable, and whoever walks waits for the writer and makes
//! it wait.

use std::collections::BTreeMap;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, mpsc};
use std::time::Duration;

use super::embedded::Embedded;
use super::engine::{Engine, Row, Space, SpaceVisitor, Visitor};
use super::folder::{Folder, in_use};
use super::marker::Marker;
use super::{SharedStore, StorageError, inspection};
use crate::config::storage::EngineName;
use crate::foundation::Clock;

/// sled writes a leaf of up to 20 records as one piece, and a piece above a quarter of this into a file of its own that it
/// never syncs. So large, no leaf of our largest values (64 KiB) is one.
const SEGMENT_BYTES: usize = 8 * 1024 * 1024;
/// sled also cleans and reuses space on this beat.
const FLUSH_EVERY_MS: u64 = 500;

/// How long a flush may take before the engine has failed.
const FLUSH_TIME: Duration = Duration::from_secs(10);

/// The folder is held, so what locks the store can only be the one that this process closed just now: its threads end a
/// little later. It is waited for so often this long.
const LOCK_TRIES: usize = 250;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Opens the store in `folder` (made if needed, mode 0700), or founds it. `InUse` if another process holds it. After an
/// unclean stop everything is read and checked first, because sled notices damage late or never.
pub fn open(folder: &Path, cache_bytes: usize, clock: Arc<dyn Clock>) -> Result<SharedStore, StorageError> {
    Ok(Arc::new(Embedded::start(engine(folder, cache_bytes)?, clock)?))
}

/// The engine alone, its folder held.
pub(super) fn engine(folder: &Path, cache_bytes: usize) -> Result<Arc<dyn Engine>, StorageError> {
    let held = Folder::hold(folder)?;
    held.refuse_others(EngineName::Sled)?;
    held.refuse_network()?;
    let path = held.file(EngineName::Sled.place());
    if !path.exists() {
        held.create_folder(EngineName::Sled.place(), |path| found(path, folder))?;
    }
    let marker = Marker::set(&held)?;
    clear_unfinished_snapshots(&path).map_err(|error| unusable(&path, &error))?;
    let database = database(&path, cache_bytes, folder)?;
    let file = File::open(path.join("db")).map_err(|error| unusable(&path, &error))?;
    let turn = Mutex::new(());
    let was_founded = !database.is_empty();
    let flight = RwLock::default();
    let mut sled = Sled { database: Some(database), file, turn, flight, marker: None, _folder: held };
    if marker.stood && was_founded {
        sled.check()?;
    }
    sled.marker = Some(marker);
    Ok(Arc::new(sled))
}

/// A sled database in a held folder.
#[derive(Debug)]
struct Sled {
    // Gone only while it is dropped.
    database: Option<sled::Db>,
    // sled's own flush leaves the file's metadata and the disk's cache alone; a sync through this handle does not.
    file: File,
    // Held by the one who applies, and by each one who walks.
    turn: Mutex<()>,
    // What the rows in flight were before. After a failed apply they stay here, and reads go on showing the durable state.
    flight: RwLock<BTreeMap<Vec<u8>, Option<sled::IVec>>>,
    // Not yet while the store is checked: a damaged one must be checked at each start.
    marker: Option<Marker>,
    // Named last, so that the file is closed before the folder is let go.
    _folder: Folder,
}

fn found(path: &Path, folder: &Path) -> Result<(), StorageError> {
    let database = database(path, FOUNDING_CACHE, folder)?;
    let flushed = flush(&database);
    close(database)?;
    flushed?;
    let synced = File::open(path.join("db")).and_then(|file| file.sync_all());
    synced.map_err(|error| unusable(path, &error))
}

/// When sled's own thread meets an error of the disk, whoever waits for the same bytes is now and then never told. So nobody
/// waits here for ever: the thread that does is left behind, and with it the store, which has failed.
fn flush(database: &sled::Db) -> Result<(), StorageError> {
    let (done, waiting) = mpsc::channel();
    let database = database.clone();
    let flushing = std::thread::Builder::new().name("storage-flush".into()).spawn(move || {
        let flushed = database.flush();
        // The last handle closes the store, which is not this thread's to do.
        drop(database);
        // Who has given up need not be told.
        let _ = done.send(flushed);
    });
    flushing.map_err(|error| StorageError::Failed(format!("no thread for a flush: {error}")))?;
    match waiting.recv_timeout(FLUSH_TIME) {
        Ok(flushed) => flushed.map(drop).map_err(fault),
        Err(_) => Err(StorageError::Failed("sled does not say whether it has written".into())),
    }
}

/// sled panics when the sync at its end fails.
fn close(database: sled::Db) -> Result<(), StorageError> {
    let closed = catch_unwind(AssertUnwindSafe(|| drop(database)));
    closed.map_err(|_| StorageError::Failed("the store could not be closed".into()))
}

const FOUNDING_CACHE: usize = 2 * 1024 * 1024;

/// sled may panic on a damaged file; in a thread of its own that reaches the administrator as a sentence.
fn database(path: &Path, cache_bytes: usize, folder: &Path) -> Result<sled::Db, StorageError> {
    let damaged = |reason: &dyn std::fmt::Display| {
        StorageError::Corrupt(format!("{} is damaged ({reason}); restore the newest backup", path.display()))
    };
    // sled takes up to twice what it is given.
    let cache = u64::try_from(cache_bytes / 2).unwrap_or(u64::MAX);
    let config = sled::Config::new().path(path).cache_capacity(cache).segment_size(SEGMENT_BYTES);
    let config = config.flush_every_ms(Some(FLUSH_EVERY_MS));
    let opening = move || {
        let mut opened = config.open();
        for _ in 0..LOCK_TRIES {
            if !opened.as_ref().is_err_and(is_locked) {
                break;
            }
            std::thread::sleep(LOCK_PAUSE);
            opened = config.open();
        }
        opened
    };
    let opening = std::thread::Builder::new().name("storage-open".into()).spawn(opening);
    match opening.map_err(|error| unusable(path, &error))?.join() {
        Ok(Ok(database)) => Ok(database),
        Ok(Err(error)) if is_locked(&error) => Err(in_use(folder)),
        Ok(Err(sled::Error::Corruption { .. })) => Err(damaged(&"it cannot be read")),
        Ok(Err(error)) => Err(StorageError::Failed(format!("{} cannot be opened: {error}", path.display()))),
        Err(_) => Err(damaged(&"it cannot be read")),
    }
}

fn is_locked(error: &sled::Error) -> bool {
    matches!(error, sled::Error::Io(error) if error.to_string().contains("acquire lock"))
}

/// A kill, or a full disk, leaves half a snapshot under this name. sled would take it for a damaged whole one, and needs none.
fn clear_unfinished_snapshots(path: &Path) -> std::io::Result<()> {
    for entry in path.read_dir()? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "generating") {
            std::fs::remove_file(file)?;
        }
    }
    Ok(())
}

fn unusable(path: &Path, error: &std::io::Error) -> StorageError {
    StorageError::Failed(format!("{} cannot be used: {error}", path.display()))
}

fn fault(error: sled::Error) -> StorageError {
    match error {
        sled::Error::Corruption { .. } => {
            StorageError::Corrupt("the store's file is damaged; restore the newest backup".into())
        }
        other => StorageError::Failed(other.to_string()),
    }
}

/// One tree for all spaces: an apply is atomic within a tree. The order is that of [`Space`].
fn place(space: Space, key: &[u8]) -> Vec<u8> {
    let mut place = Vec::with_capacity(key.len() + 1);
    place.push(letter(space));
    place.extend_from_slice(key);
    place
}

fn letter(space: Space) -> u8 {
    match space {
        Space::Meta => b'a',
        Space::Data => b'd',
        Space::Expiry => b'e',
    }
}

impl Sled {
    fn check(&self) -> Result<(), StorageError> {
        match inspection::inspect(self)?.problems.first() {
            None => Ok(()),
            Some(problem) => Err(StorageError::Corrupt(format!(
                "after a stop that was not clean: {problem}; restore the newest backup"
            ))),
        }
    }

    /// The turn of whoever walks: no row is in flight meanwhile, unless an apply has failed.
    fn quiet(&self) -> Result<MutexGuard<'_, ()>, StorageError> {
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if self.flight.read().unwrap_or_else(PoisonError::into_inner).is_empty() {
            Ok(turn)
        } else {
            Err(StorageError::Failed("the last write failed".into()))
        }
    }

    fn database(&self) -> Result<&sled::Db, StorageError> {
        self.database.as_ref().ok_or_else(|| StorageError::Failed("the store is closed".into()))
    }

    fn launch(&self, rows: &[Row]) -> Result<(), StorageError> {
        let database = self.database()?;
        let mut batch = sled::Batch::default();
        let mut flight = self.flight.write().unwrap_or_else(PoisonError::into_inner);
        for row in rows {
            let place = place(row.space, &row.key);
            if !flight.contains_key(&place) {
                flight.insert(place.clone(), database.get(&place).map_err(fault)?);
            }
            match &row.value {
                Some(value) => batch.insert(place, value.as_slice()),
                None => batch.remove(place),
            }
        }
        database.apply_batch(batch).map_err(fault)
    }

    fn sync(&self) -> Result<(), StorageError> {
        flush(self.database()?)?;
        self.file
            .sync_data()
            .map_err(|error| StorageError::Failed(format!("the store could not be synced: {error}")))
    }
}

impl Engine for Sled {
    fn get(&self, space: Space, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StorageError> {
        let database = self.database()?;
        let flight = self.flight.read().unwrap_or_else(PoisonError::into_inner);
        let read = keys.iter().map(|key| {
            let place = place(space, key);
            let found = match flight.get(&place) {
                Some(before) => before.clone(),
                None => database.get(&place).map_err(fault)?,
            };
            Ok(found.map(|value| value.to_vec()))
        });
        read.collect()
    }

    fn walk(&self, space: Space, from: &[u8], visit: &mut Visitor<'_>) -> Result<(), StorageError> {
        let _turn = self.quiet()?;
        for row in self.database()?.range(place(space, from)..) {
            let (place, value) = row.map_err(fault)?;
            let Some(key) = place.strip_prefix(&[letter(space)]) else { break };
            if visit(key, &value)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn walk_all(&self, visit: &mut SpaceVisitor<'_>) -> Result<(), StorageError> {
        let _turn = self.quiet()?;
        for row in self.database()?.iter() {
            let (place, value) = row.map_err(fault)?;
            let (space, key) = place
                .split_first()
                .and_then(|(first, key)| {
                    Some((Space::ALL.into_iter().find(|it| letter(*it) == *first)?, key))
                })
                .ok_or_else(|| StorageError::Corrupt("the store holds a row of no known kind".into()))?;
            if visit(space, key, &value)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn apply(&self, rows: &[Row]) -> Result<(), StorageError> {
        let _turn = self.quiet()?;
        self.launch(rows)?;
        self.sync()?;
        self.flight.write().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(())
    }
}

impl Drop for Sled {
    fn drop(&mut self) {
        let synced = self.quiet().is_ok() && self.sync().is_ok();
        let closed = self.database.take().is_none_or(|database| close(database).is_ok());
        if synced
            && closed
            && let Some(marker) = &self.marker
        {
            marker.remove();
        }
    }
}
