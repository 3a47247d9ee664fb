//! `keyward restore`: a new data folder of a backup.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Failed, backup, say};
use crate::config::storage::EngineName;
use crate::foundation::clock::SystemClock;
use crate::foundation::random::SystemRandom;
use crate::lifecycle::restore::Restore;
use crate::storage::backup::file;
use crate::storage::backup::key::Identity;

/// `keyward restore`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The backup
    file: PathBuf,
    /// The new data folder: empty, or not there yet
    #[arg(long, value_name = "FOLDER", required_unless_present = "verify")]
    into: Option<PathBuf>,
    /// The file with the private half of the backup's key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The engine that is to keep the data: redb or sled
    #[arg(long, value_name = "ENGINE", default_value_t)]
    engine: EngineName,
    /// Read all of the backup and say what it holds. A restore does so anyway, before it writes anything; alone, nothing else
    /// is done
    #[arg(long)]
    verify: bool,
}

/// Runs the command.
pub async fn run(arguments: Arguments) -> Result<(), Failed> {
    let identity = Identity::read(&arguments.key).map_err(Failed::from_error)?;
    if arguments.verify {
        let (head, summary) = file::verify(&arguments.file, &identity).map_err(Failed::from_error)?;
        say(&format!("{} is whole.\n{}", arguments.file.display(), backup::described(&head, &summary)));
    }
    let Some(into) = &arguments.into else { return Ok(()) };
    let restore = Restore {
        file: &arguments.file,
        identity: &identity,
        into,
        engine: arguments.engine,
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
    };
    let restored = restore.run().await.map_err(Failed::from_error)?;
    say(&format!(
        "{} holds {} records as of {}. {} stay dead: sessions, codes, tokens, open sign-ins, invitations, recovery codes.\n\
         Put the master key of that time into the keys folder (the backup does not hold it), set data.folder and\n\
         storage.engine = \"{}\", and start.\n",
        into.display(),
        restored.kept,
        restored.head.made_at.rfc3339(),
        restored.dead,
        arguments.engine,
    ));
    Ok(())
}
