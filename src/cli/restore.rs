//! `keyward restore`: a new data folder of a backup.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Failed, backup, say};
use crate::config::storage::EngineName;
use crate::foundation::clock::SystemClock;
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
        let whole = file::verify(&arguments.file, &identity).map_err(Failed::from_error)?;
        say(&format!("{} is whole.\n{}", arguments.file.display(), backup::described(&whole)));
    }
    let Some(into) = &arguments.into else { return Ok(()) };
    let restore = Restore {
        file: &arguments.file,
        identity: &identity,
        into,
        engine: arguments.engine,
        clock: Arc::new(SystemClock),
    };
    let restored = restore.run().await.map_err(Failed::from_error)?;
    say(&format!(
        "{} holds {} records as of {}. {} stay dead: sessions, codes, tokens, open sign-ins, invitations, recovery codes,\n\
         signing keys.\n\
         Put the master key of that time into the keys folder (the backup does not hold it), set data.folder and\n\
         storage.engine = \"{}\", and start. Only then is it proven that this backup was made under that key: a forged one is\n\
         refused. Every administrator with a mail address is told of it, where a mail server is configured.\n\
         People, applications and administrators are as they were then: what was locked, removed or replaced since is back.\n\
         docs/operations.md says what to do about it.\n",
        into.display(),
        restored.kept,
        restored.head.made_at.rfc3339(),
        restored.dead,
        arguments.engine,
    ));
    Ok(())
}
