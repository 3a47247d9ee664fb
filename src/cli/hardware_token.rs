//! `keyward hardware-token`: small devices that show one-time passwords, from the maker's seed file to a person's hand.

use std::path::PathBuf;

use super::Failed;
use super::output::{Asking, table};
use super::table_file;
use crate::commands::Handed;
use crate::commands::hardware_token::{self, Assigned, Done, Imported, Listed};

/// What can be done with hardware tokens.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Take tokens over from the maker's seed file
    Import(Import),
    /// List all tokens, and who has them
    List(Asking),
    /// Hand a token to a person
    Assign(Assign),
    /// Bring a token into step whose codes are refused
    Resync(Resync),
    /// Forget a token that nobody has
    Remove(Remove),
}

/// `keyward hardware-token import`.
#[derive(Debug, clap::Args)]
pub struct Import {
    /// A PSKC file (RFC 6030), or a CSV file whose first row names the columns: serial number, secret key, and if wanted type (TOTP or HOTP), algorithm,
    /// digits, time interval, counter, manufacturer, model; destroy it afterwards
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A file with the key that opens an encrypted PSKC file: 32 hexadecimal digits
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase_file")]
    key_file: Option<PathBuf>,
    /// A file with the passphrase that opens an encrypted PSKC file
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    asking: Asking,
}

/// `keyward hardware-token assign`.
#[derive(Debug, clap::Args)]
pub struct Assign {
    /// The serial number on its back
    serial: String,
    /// The person's user name or mail address
    user: String,
    /// A code that it shows
    first: String,
    /// The very next one: the two prove that it is the right token
    second: String,
    #[command(flatten)]
    asking: Asking,
}

/// `keyward hardware-token resync`.
#[derive(Debug, clap::Args)]
pub struct Resync {
    /// The serial number on its back
    serial: String,
    /// A code that it shows
    first: String,
    /// The very next one
    second: String,
    #[command(flatten)]
    asking: Asking,
}

/// `keyward hardware-token remove`.
#[derive(Debug, clap::Args)]
pub struct Remove {
    /// The serial number on its back
    serial: String,
    #[command(flatten)]
    asking: Asking,
}

/// Runs the command.
pub async fn run(command: Command) -> Result<(), Failed> {
    match command {
        Command::Import(Import { file, key_file, passphrase_file, asking }) => {
            let said = |done: &Imported| {
                format!(
                    "{} tokens were taken over, {} were there already. Destroy the file: who has it can make their codes.\n",
                    done.added, done.known
                )
            };
            let read = |file: &PathBuf| table_file::read(file).map(Handed::new);
            let (key, passphrase) = (key_file.as_ref().map(read), passphrase_file.as_ref().map(read));
            let (key, passphrase) = (key.transpose()?, passphrase.transpose()?);
            asking.of(hardware_token::Import { file: read(&file)?, key, passphrase }, said).await
        }
        Command::List(asking) => asking.of(hardware_token::List {}, |tokens| list(tokens)).await,
        Command::Assign(Assign { serial, user, first, second, asking }) => {
            let codes = (Handed::new(first), Handed::new(second));
            let said = |it: &Assigned| {
                format!(
                    "{} has the token {} now, and is asked for its codes from the next sign-in on.\n",
                    it.username, it.serial
                )
            };
            asking.of(hardware_token::Assign { serial, user, codes }, said).await
        }
        Command::Resync(Resync { serial, first, second, asking }) => {
            let codes = (Handed::new(first), Handed::new(second));
            let said =
                |it: &Done| format!("The token {} is in step; the next code it shows is good.\n", it.serial);
            asking.of(hardware_token::Resync { serial, codes }, said).await
        }
        Command::Remove(Remove { serial, asking }) => {
            let said = |it: &Done| format!("The token {} is forgotten.\n", it.serial);
            asking.of(hardware_token::Remove { serial }, said).await
        }
    }
}

fn list(tokens: &[Listed]) -> String {
    let line = |token: &Listed| {
        let holder = token.holder.clone().unwrap_or_else(|| "-".to_owned());
        [token.serial.clone(), token.codes.clone(), token.model.clone().unwrap_or_default(), holder]
    };
    let lines: Vec<_> = tokens.iter().map(line).collect();
    let none = "There are no hardware tokens yet. Take some over with: keyward hardware-token import FILE";
    table(["SERIAL", "CODES", "MODEL", "HOLDER"], &lines, none)
}
