//! The move to another engine: a whole copy, proven equal. The old store is marked and opens no more: two stores from one would
//! each accept what the other has spent (R-CO-03, R-OP-09).

use std::path::Path;
use std::sync::Arc;

use super::backup::frames::Comparison;
use super::backup::{BackupError, Summary};
use super::embedded::Embedded;
use super::engine::{Engine, Row, Space};
use super::loading::Loading;
use super::new_folder::NewFolder;
use super::redb::CACHE_BYTES;
use super::{Batch, Key, Raw, SharedStore, StorageError, Store, envelope, open, raw_engine, require_store};
use crate::config::storage::EngineName;
use crate::foundation::Clock;

/// A data folder, and the engine that keeps the store in it.
#[derive(Debug, Clone, Copy)]
pub struct DataFolder<'a> {
    /// The folder.
    pub path: &'a Path,
    /// Its engine.
    pub engine: EngineName,
}

/// Copies all data of `source` to `target`, as [`copy`] does, and then marks `source`, so that it opens no more. A folder
/// without a store is refused. The source is held from the first record to its mark. `remembrance` is asked, with the source,
/// what the new store is to remember of it.
pub async fn carry_over(
    source: DataFolder<'_>,
    target: DataFolder<'_>,
    remembrance: impl AsyncFnOnce(&SharedStore) -> Result<Batch, BackupError>,
    clock: Arc<dyn Clock>,
) -> Result<Summary, BackupError> {
    require_store(source.path)?;
    let engine = raw_engine(source.engine, source.path, CACHE_BYTES)?;
    let store: SharedStore = Arc::new(Embedded::start(engine.clone(), clock.clone())?);
    let with = remembrance(&store).await?;
    let moved = copy(&store, target, with, clock).await?;
    drop(store);
    // Only now: a kill in between leaves two whole stores, never none.
    engine.apply(&[moved_row(target.path)]).map_err(|error| unmarked(source, &error))?;
    Ok(moved)
}

/// Copies all of `store` to a new one in `target`, which must be empty or absent, and compares number and digest of all records
/// on both sides. `with` is what the new one remembers of it.
pub async fn copy(
    store: &SharedStore,
    target: DataFolder<'_>,
    with: Batch,
    clock: Arc<dyn Clock>,
) -> Result<Summary, BackupError> {
    let folder = NewFolder::begin(target.path)?;
    let before = compared(store.as_ref()).await?;
    folder.require_space(before.bytes)?;
    let mut loading = Loading::begin(target.engine, folder.path())?;
    store.export(&mut loading).await?;
    loading.finish()?;
    let copy = open(target.engine, folder.path(), CACHE_BYTES, clock)?;
    require_sound(copy.as_ref()).await?;
    if compared(copy.as_ref()).await? != before || compared(store.as_ref()).await? != before {
        return Err(BackupError::Damaged("the copy differs from its source".to_owned()));
    }
    copy.commit(with).await?;
    drop(copy);
    folder.finish()?;
    Ok(before)
}

/// Refuses a store in which anything is wrong.
pub async fn require_sound(store: &dyn Store) -> Result<(), StorageError> {
    match store.check().await?.problems.into_iter().next() {
        None => Ok(()),
        Some(problem) => Err(StorageError::Corrupt(problem)),
    }
}

async fn compared(store: &dyn Store) -> Result<Summary, StorageError> {
    let mut comparison = Comparison::default();
    store.export(&mut comparison).await?;
    Ok(comparison.summary())
}

/// Refuses a store whose data has moved on.
pub(super) fn refuse_moved(engine: &dyn Engine) -> Result<(), StorageError> {
    let key = moved_key();
    match engine.get(Space::Meta, &[key.as_bytes()])?.pop().flatten() {
        None => Ok(()),
        Some(bytes) => {
            let raw = envelope::decode(&key, &bytes)?;
            let place: String = serde_json::from_slice(&raw.json)
                .map_err(|error| StorageError::Corrupt(format!("{key}: {error}")))?;
            Err(StorageError::Moved(place))
        }
    }
}

/// Where a store says that its data has moved on.
pub(super) fn moved_key() -> Key {
    Key::new("moved", &[])
}

fn moved_row(to: &Path) -> Row {
    let place = std::path::absolute(to).unwrap_or_else(|_| to.to_owned());
    let json = serde_json::Value::from(place.to_string_lossy().as_ref()).to_string().into_bytes();
    let (key, raw) = (moved_key(), Raw { json, revision: 0, expires: None });
    Row { space: Space::Meta, key: key.as_bytes().to_vec(), value: Some(envelope::encode(&key, &raw)) }
}

fn unmarked(source: DataFolder<'_>, error: &StorageError) -> BackupError {
    BackupError::Place(format!(
        "the copy is whole, but {} could not be marked as moved ({error}): remove it, and never start it again",
        source.path.display()
    ))
}
