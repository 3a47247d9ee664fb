//! `keyward client`: applications, by hand.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::installation::Installation;
use super::{Failed, Place, instructions, say};
use crate::clients::{Preset, RegistrationError, registration::Registered};
use crate::commands::client;
use crate::config::Site;
use crate::vocabulary::ClientMetadata;

/// Larger files are no client metadata.
const LARGEST_FILE: u64 = 64 * 1024;

/// What can be done with applications.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Add an application and print what to enter there
    Add(Add),
}

/// `keyward client add`.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["preset", "file"])))]
pub struct Add {
    /// An Atlassian application: jira-dc, jsm-dc, confluence-dc, bitbucket-dc or bamboo-dc
    #[arg(long, value_name = "PRESET", requires = "base_url", value_parser = preset)]
    preset: Option<Preset>,
    /// The application's own base address, as its administration page shows it, such as https://jira.example.com
    #[arg(long, value_name = "URL", conflicts_with = "file")]
    base_url: Option<String>,
    /// Any other application: a JSON file with client metadata (OpenID Connect Dynamic Client Registration section 2)
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

/// Runs the command.
pub async fn run(command: Command) -> Result<(), Failed> {
    let Command::Add(add) = command;
    add.run().await
}

impl Add {
    async fn run(self) -> Result<(), Failed> {
        let command = self.command()?;
        let added = Installation::at(&self.place)?.perform(command).await?;
        let site = Site::new(&added.issuer).map_err(Failed::from_error)?;
        say(&match (self.preset, &self.base_url) {
            (Some(preset), Some(base_url)) => instructions::of_preset(preset, base_url, &site, &added),
            _ => instructions::of_metadata(&added),
        });
        Ok(())
    }

    fn command(&self) -> Result<client::Add, Failed> {
        match (self.preset, &self.base_url, &self.file) {
            (Some(preset), Some(base_url), None) => {
                Ok(client::Add::Preset { preset, base_url: base_url.clone() })
            }
            (None, None, Some(file)) => Ok(client::Add::Metadata(Box::new(read(file)?))),
            _ => Err(Failed("name either --preset and --base-url, or --file".to_owned())),
        }
    }
}

/// The client metadata in `file`.
pub fn read(file: &Path) -> Result<ClientMetadata, Failed> {
    let named = |why: String| Failed(format!("{}: {why}", file.display()));
    let opened = std::fs::File::open(file).map_err(|error| named(format!("cannot be read ({error})")))?;
    let mut text = String::new();
    let read = opened.take(LARGEST_FILE + 1).read_to_string(&mut text);
    read.map_err(|error| named(format!("cannot be read ({error})")))?;
    if text.len() as u64 > LARGEST_FILE {
        return Err(named("is larger than 64 KiB, so it is no client metadata".to_owned()));
    }
    serde_json::from_str(&text).map_err(|error| named(format!("is no client metadata ({error})")))
}

/// The sentence of a refusal.
pub(super) fn refused(error: RegistrationError) -> Failed {
    Failed::from_error(error)
}

/// The id and, unless the client is public, the secret.
pub(super) fn credentials(registered: &Registered) -> (String, Option<String>) {
    let secret = registered.secret.as_ref().map(|secret| secret.expose().to_owned());
    (registered.client.id.to_string(), secret)
}

fn preset(name: &str) -> Result<Preset, String> {
    let names = || Preset::ALL.map(Preset::name).join(", ");
    Preset::parse(name).ok_or_else(|| format!("known are {}", names()))
}
