//! The embedded default: redb, every round synced, and open at once after a kill (decision 0001).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use redb::{
    Builder, Database, DatabaseError, Durability, ReadOnlyTable, ReadTransaction, ReadableDatabase as _,
    TableDefinition, TableError,
};

use super::embedded::Embedded;
use super::engine::{Engine, Row, Space, SpaceVisitor, Step, Visitor};
use super::folder::{Folder, in_use};
use super::{SharedStore, StorageError};
use crate::config::storage::EngineName;
use crate::foundation::Clock;

/// The cache's default size.
pub const CACHE_BYTES: usize = 64 * 1024 * 1024;

/// From this size of the file on, each commit also writes down which pages are free, and syncs twice. Below it that is found
/// out by reading everything after a kill, which takes a third of a second from a cold disk, and every commit is spared it.
const QUICK_REPAIR_FROM: u64 = 64 * 1024 * 1024;

type Table = TableDefinition<'static, &'static [u8], &'static [u8]>;

/// Opens the store in `folder` (made if needed, mode 0700), or founds it. `InUse` if another process holds it.
pub fn open(folder: &Path, cache_bytes: usize, clock: Arc<dyn Clock>) -> Result<SharedStore, StorageError> {
    Ok(Arc::new(Embedded::start(engine(folder, cache_bytes)?, clock)?))
}

/// The engine alone, its folder held.
pub(super) fn engine(folder: &Path, cache_bytes: usize) -> Result<Arc<dyn Engine>, StorageError> {
    let held = Folder::hold(folder)?;
    held.refuse_others(EngineName::Redb)?;
    let name = EngineName::Redb.place();
    let file = held.file(name);
    if !file.exists() {
        held.create(name, |path| found(path, folder))?;
    }
    let database = database(&file, cache_bytes, folder)?;
    let records = RwLock::new(records(&database)?);
    Ok(Arc::new(Redb { records, database, file, _folder: held }))
}

/// The records as one apply left them.
type Records = Arc<ReadOnlyTable<&'static [u8], &'static [u8]>>;

/// A redb database in a held folder.
struct Redb {
    /// As the last apply left them: opening a view for each read costs more than the read.
    records: RwLock<Records>,
    database: Database,
    file: PathBuf,
    // Named last, so that the file is closed before the folder is let go.
    _folder: Folder,
}

fn records(database: &Database) -> Result<Records, StorageError> {
    let view = database.begin_read().map_err(fault)?;
    Ok(Arc::new(view.open_table(table(Space::Data)).map_err(fault)?))
}

fn found(path: &Path, folder: &Path) -> Result<(), StorageError> {
    let database = database(path, CACHE_BYTES, folder)?;
    let write = database.begin_write().map_err(fault)?;
    for space in Space::ALL {
        write.open_table(table(space)).map_err(fault)?;
    }
    write.commit().map_err(fault)
}

fn database(path: &Path, cache_bytes: usize, folder: &Path) -> Result<Database, StorageError> {
    let damaged = |reason: &dyn std::fmt::Display| {
        StorageError::Corrupt(format!("{} is damaged ({reason}); restore the newest backup", path.display()))
    };
    // The engine may panic on a damaged file; that must reach the administrator as a sentence.
    let opened = catch_unwind(AssertUnwindSafe(|| Builder::new().set_cache_size(cache_bytes).create(path)));
    match opened {
        Ok(Ok(database)) => Ok(database),
        Ok(Err(DatabaseError::DatabaseAlreadyOpen)) => Err(in_use(folder)),
        Ok(Err(DatabaseError::Storage(redb::StorageError::Corrupted(reason)))) => Err(damaged(&reason)),
        Ok(Err(error)) => Err(StorageError::Failed(format!("{} cannot be opened: {error}", path.display()))),
        Err(_) => Err(damaged(&"it cannot be read")),
    }
}

fn table(space: Space) -> Table {
    TableDefinition::new(match space {
        Space::Data => "data",
        Space::Expiry => "expiry",
        Space::Meta => "meta",
    })
}

fn fault(error: impl Into<redb::Error>) -> StorageError {
    match error.into() {
        redb::Error::Corrupted(reason) => {
            StorageError::Corrupt(format!("the store's file is damaged: {reason}"))
        }
        other => StorageError::Failed(other.to_string()),
    }
}

impl Redb {
    fn is_large(&self) -> Result<bool, StorageError> {
        let about = std::fs::metadata(&self.file);
        let about =
            about.map_err(|error| StorageError::Failed(format!("the store's file is gone: {error}")))?;
        Ok(about.len() >= QUICK_REPAIR_FROM)
    }

    fn view(&self) -> Result<ReadTransaction, StorageError> {
        self.database.begin_read().map_err(fault)
    }
}

impl std::fmt::Debug for Redb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.database.fmt(f)
    }
}

impl Engine for Redb {
    fn get(&self, space: Space, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StorageError> {
        let table = match space {
            Space::Data => self.records.read().unwrap_or_else(PoisonError::into_inner).clone(),
            other => Arc::new(self.view()?.open_table(table(other)).map_err(fault)?),
        };
        let read = keys.iter().map(|key| {
            let found = table.get(*key).map_err(fault)?;
            Ok(found.map(|guard| guard.value().to_vec()))
        });
        read.collect()
    }

    fn walk(&self, space: Space, from: &[u8], visit: &mut Visitor<'_>) -> Result<(), StorageError> {
        walk_in(&self.view()?, space, from, visit).map(|_| ())
    }

    fn walk_all(&self, visit: &mut SpaceVisitor<'_>) -> Result<(), StorageError> {
        let view = self.view()?;
        for space in Space::ALL {
            if walk_in(&view, space, &[], &mut |key, value| visit(space, key, value))?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn apply(&self, rows: &[Row]) -> Result<(), StorageError> {
        let mut write = self.database.begin_write().map_err(fault)?;
        write.set_durability(Durability::Immediate).map_err(fault)?;
        write.set_quick_repair(self.is_large()?);
        for space in Space::ALL {
            change(&write, space, rows).map_err(fault)?;
        }
        write.commit().map_err(fault)?;
        *self.records.write().unwrap_or_else(PoisonError::into_inner) = records(&self.database)?;
        Ok(())
    }
}

fn change(write: &redb::WriteTransaction, space: Space, rows: &[Row]) -> Result<(), TableError> {
    let mut own = rows.iter().filter(|row| row.space == space).peekable();
    if own.peek().is_none() {
        return Ok(());
    }
    let mut table = write.open_table(table(space))?;
    for row in own {
        match &row.value {
            Some(value) => drop(table.insert(row.key.as_slice(), value.as_slice())?),
            None => drop(table.remove(row.key.as_slice())?),
        }
    }
    Ok(())
}

fn walk_in(view: &ReadTransaction, space: Space, from: &[u8], visit: &mut Visitor<'_>) -> Step {
    let table = view.open_table(table(space)).map_err(fault)?;
    for row in table.range::<&[u8]>(from..).map_err(fault)? {
        let (key, value) = row.map_err(fault)?;
        let step = visit(key.value(), value.value())?;
        if step.is_break() {
            return Ok(step);
        }
    }
    Ok(std::ops::ControlFlow::Continue(()))
}
