//! Opens an installation: settings, data folder, master key, and everything built on them.

use std::sync::Arc;

use super::{Failed, Place};
use crate::app::{App, Ground};
use crate::config::Settings;
use crate::config::log::Level;
use crate::foundation::clock::SystemClock;
use crate::foundation::random::SystemRandom;
use crate::storage::{self, SharedStore, StorageError};
use crate::telemetry;

/// The installation of `place`, for one administrative command: only what needs mending is logged.
pub async fn for_a_command(place: &Place) -> Result<App, Failed> {
    let mut settings = place.read()?;
    settings.log.level = Level::Warn;
    telemetry::log::start(&settings.log);
    let store = store(&settings)?;
    with(settings, store).await
}

/// Opens the data folder and holds it, so that nobody else works on it meanwhile.
pub fn store(settings: &Settings) -> Result<SharedStore, Failed> {
    let cache = usize::try_from(settings.storage.cache_mib).unwrap_or(64).saturating_mul(1024 * 1024);
    storage::redb::open(&settings.data.folder, cache, Arc::new(SystemClock)).map_err(failed)
}

/// The installation that `settings` describe, on its store.
pub async fn with(settings: Settings, store: SharedStore) -> Result<App, Failed> {
    let clock = Arc::new(SystemClock);
    let ground =
        Ground::new(settings, store, clock, Arc::new(SystemRandom)).await.map_err(Failed::from_error)?;
    App::build(ground).await.map_err(Failed::from_error)
}

fn failed(error: StorageError) -> Failed {
    match error {
        StorageError::InUse(folder) => Failed(format!(
            "{folder} is in use by another keyward process; stop that one first, then run this again"
        )),
        other => Failed::from_error(other),
    }
}
