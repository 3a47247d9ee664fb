//! `keyward move`: the data to another storage engine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Failed, Place, opening, say};
use crate::audit::{Action, Actor, Origin, Outcome, Trail};
use crate::config::storage::EngineName;
use crate::foundation::clock::SystemClock;
use crate::foundation::random::SystemRandom;
use crate::sealing::Sealing;
use crate::storage::backup::BackupError;
use crate::storage::moving::{self, DataFolder};
use crate::storage::{Batch, SharedStore};

/// `keyward move`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The engine to move to: redb or sled. The same engine is allowed: it makes a tight copy
    #[arg(long, value_name = "ENGINE")]
    to: EngineName,
    /// The new data folder: empty, or not there yet; without one, the present folder's name with the engine's behind it
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

/// Runs the command.
pub async fn run(arguments: Arguments) -> Result<(), Failed> {
    let settings = arguments.place.read()?;
    let into = arguments.into.unwrap_or_else(|| {
        let mut name = settings.data.folder.clone().into_os_string();
        name.push(format!("-{}", arguments.to));
        name.into()
    });
    let source = DataFolder { path: &settings.data.folder, engine: settings.storage.engine };
    let target = DataFolder { path: &into, engine: arguments.to };
    let remembrance = async |store: &SharedStore| event(store, &settings.data.keys).await;
    let moved =
        moving::carry_over(source, target, remembrance, Arc::new(SystemClock)).await.map_err(failed)?;
    let digest: String = moved.digest.iter().map(|byte| format!("{byte:02x}")).collect();
    say(&format!(
        "{} holds the same {} records (SHA-256 {digest} on both sides).\nSet data.folder to it and storage.engine = \"{}\", and \
         start. {} is marked as moved and starts no more: remove it.\nTo go back, move the data again, from there to a new \
         folder.\n",
        into.display(),
        moved.records,
        arguments.to,
        settings.data.folder.display(),
    ));
    Ok(())
}

async fn event(store: &SharedStore, keys_folder: &Path) -> Result<Batch, BackupError> {
    let random = Arc::new(SystemRandom);
    let sealing = Sealing::start(keys_folder, store.as_ref(), random.clone()).await;
    let sealing = sealing.map_err(|error| BackupError::Key(error.to_string()))?;
    let trail = Trail::new(Arc::new(SystemClock), random).vouched_by(&sealing);
    let mut batch = Batch::new();
    let event = trail.event(Action::DataMoved, Outcome::Success, &Origin::default());
    event.by(Actor::CommandLine).write(&mut batch);
    Ok(batch)
}

fn failed(error: BackupError) -> Failed {
    match error {
        BackupError::Storage(error) => opening::failed(error),
        other => Failed::from_error(other),
    }
}
