//! `keyward move`: the data to another storage engine.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Failed, Place, opening, say};
use crate::config::Settings;
use crate::config::storage::EngineName;
use crate::foundation::clock::SystemClock;
use crate::storage::moving;

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
    let settings = Settings::load(arguments.place.settings.as_deref()).map_err(Failed::from_error)?;
    let into = arguments.into.unwrap_or_else(|| {
        let mut name = settings.data.folder.clone().into_os_string();
        name.push(format!("-{}", arguments.to));
        name.into()
    });
    let store = opening::store(&settings)?;
    let moved = moving::copy(&store, arguments.to, &into, Arc::new(SystemClock)).await;
    let moved = moved.map_err(Failed::from_error)?;
    let digest: String = moved.digest.iter().map(|byte| format!("{byte:02x}")).collect();
    say(&format!(
        "{} holds the same {} records (SHA-256 {digest} on both sides).\nSet data.folder to it and storage.engine = \"{}\", and \
         start. {} stays as it was; remove it when you no longer want to go back.\n",
        into.display(),
        moved.records,
        arguments.to,
        settings.data.folder.display(),
    ));
    Ok(())
}
