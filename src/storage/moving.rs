//! The move to another engine: a whole copy, proven equal. The old folder stays as it was.

use std::path::Path;
use std::sync::Arc;

use super::backup::frames::Comparison;
use super::backup::{BackupError, Summary};
use super::loading::Loading;
use super::new_folder::NewFolder;
use super::redb::CACHE_BYTES;
use super::{SharedStore, StorageError, Store, open};
use crate::config::storage::EngineName;
use crate::foundation::Clock;

/// Copies all of `store` to a new one of `engine` in `into`, which must be empty or absent, and compares number and digest of
/// all records on both sides.
pub async fn copy(
    store: &SharedStore,
    engine: EngineName,
    into: &Path,
    clock: Arc<dyn Clock>,
) -> Result<Summary, BackupError> {
    let folder = NewFolder::begin(into)?;
    let before = compared(store.as_ref()).await?;
    folder.require_space(before.bytes)?;
    let mut loading = Loading::begin(engine, folder.path())?;
    store.export(&mut loading).await?;
    loading.finish()?;
    let copy = open(engine, folder.path(), CACHE_BYTES, clock)?;
    require_sound(copy.as_ref()).await?;
    if compared(copy.as_ref()).await? != before || compared(store.as_ref()).await? != before {
        return Err(BackupError::Damaged("the copy differs from its source".to_owned()));
    }
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
