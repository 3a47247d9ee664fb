//! Opens an installation: settings, data folder, master key, and everything built on them.

use std::sync::Arc;

use super::Failed;
use crate::app::{App, Ground};
use crate::config::Settings;
use crate::foundation::clock::SystemClock;
use crate::foundation::random::SystemRandom;
use crate::storage::{self, SharedStore, StorageError};

/// Opens the data folder and holds it, so that nobody else works on it meanwhile.
pub fn store(settings: &Settings) -> Result<SharedStore, Failed> {
    try_store(settings).map_err(failed)
}

/// The same; who is in the way is for the caller to say.
pub fn try_store(settings: &Settings) -> Result<SharedStore, StorageError> {
    let kept = &settings.storage;
    storage::open(kept.engine, &settings.data.folder, kept.cache_bytes(), Arc::new(SystemClock))
}

/// The installation that `settings` describe, on its store.
pub async fn with(settings: Settings, store: SharedStore) -> Result<App, Failed> {
    let clock = Arc::new(SystemClock);
    let ground =
        Ground::new(settings, store, clock, Arc::new(SystemRandom)).await.map_err(Failed::from_error)?;
    App::build(ground).await.map_err(Failed::from_error)
}

pub(super) fn failed(error: StorageError) -> Failed {
    match error {
        StorageError::InUse(folder) => Failed(format!(
            "{folder} is in use by another keyward process; stop that one first, then run this again"
        )),
        other => Failed::from_error(other),
    }
}
