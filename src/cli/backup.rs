//! `keyward backup`: one encrypted file, and the key pair for it.

use std::path::{Path, PathBuf};

use super::installation::Installation;
use super::{Failed, Place, say};
use crate::commands::backup;
use crate::storage;
use crate::storage::backup::key::Identity;
use crate::storage::backup::{Whole, file};

/// `keyward backup`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// The public key (age1…) of whoever may open it
    #[arg(long, value_name = "KEY", required = true)]
    recipient: Option<String>,
    /// The file to write, on the server's machine and where the server may write
    #[arg(long, value_name = "FILE", required = true)]
    to: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a key pair: the private half goes to FILE, the public half is printed
    Key {
        /// The file for the private half
        file: PathBuf,
    },
    /// Read a backup and say whether it is whole
    Verify {
        /// The backup
        file: PathBuf,
        /// The file with the private half of its key; without it, only the outer form can be seen
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
    },
}

/// Runs the command.
pub async fn run(arguments: Arguments) -> Result<(), Failed> {
    match arguments {
        Arguments { command: Some(Command::Key { file }), .. } => make_key(&file),
        Arguments { command: Some(Command::Verify { file, key }), .. } => verify(&file, key.as_deref()),
        Arguments { recipient: Some(recipient), to: Some(to), place, .. } => {
            make(recipient, &to, &place).await
        }
        _ => Err(Failed("name --recipient and --to".to_owned())),
    }
}

async fn make(recipient: String, to: &Path, place: &Place) -> Result<(), Failed> {
    let file = std::path::absolute(to).map_err(Failed::from_error)?;
    storage::require_store(&place.read()?.data.folder).map_err(Failed::from_error)?;
    let made = Installation::at(place)?.perform(backup::Make { recipient, file: file.clone() }).await?;
    say(&format!(
        "The backup {} holds {} records as of {}, and was read back whole.\nIt does not hold the master key: keep a copy of \
         that in another place, or the backup is worth nothing.\n",
        file.display(),
        made.records,
        made.made_at.rfc3339(),
    ));
    Ok(())
}

fn make_key(file: &Path) -> Result<(), Failed> {
    let identity = Identity::generate();
    identity.write(file).map_err(Failed::from_error)?;
    say(&format!(
        "The private half is in {}. Keep it away from this machine: it opens every backup made for it.\nThe public half:\n{}\n",
        file.display(),
        identity.recipient(),
    ));
    Ok(())
}

fn verify(path: &Path, key: Option<&Path>) -> Result<(), Failed> {
    let Some(key) = key else {
        file::verify_form(path).map_err(Failed::from_error)?;
        say(&format!(
            "{} has the outer form of a backup. Only the private half of its key can show more: --key FILE.\n",
            path.display()
        ));
        return Ok(());
    };
    let identity = Identity::read(key).map_err(Failed::from_error)?;
    let whole = file::verify(path, &identity).map_err(Failed::from_error)?;
    say(&format!("{} is whole.\n{}", path.display(), described(&whole)));
    Ok(())
}

/// What a backup says of itself.
pub fn described(Whole { head, summary, .. }: &Whole) -> String {
    format!(
        "  made         {} by Keyward {}\n  store        {:016x}, revision {}\n  records      {}\n",
        head.made_at.rfc3339(),
        head.product,
        head.store,
        head.revision,
        summary.records,
    )
}
