//! `keyward client`: applications, by hand.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::{Failed, Place, instructions, opening, say};
use crate::clients::{Preset, RegistrationError, registration::Registered};
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
    match (&add.preset, &add.base_url, &add.file) {
        (Some(preset), Some(base_url), None) => add.preset(*preset, base_url).await,
        (None, None, Some(file)) => add.metadata(file).await,
        _ => Err(Failed("name either --preset and --base-url, or --file".to_owned())),
    }
}

impl Add {
    async fn preset(&self, preset: Preset, base_url: &str) -> Result<(), Failed> {
        let app = opening::for_a_command(&self.place).await?;
        let registered = app.clients.register_preset(preset, base_url).await.map_err(refused)?;
        say(&instructions::of_preset(preset, base_url, &app.ground.settings.site, &registered));
        Ok(())
    }

    async fn metadata(&self, file: &Path) -> Result<(), Failed> {
        let metadata = read(file)?;
        let app = opening::for_a_command(&self.place).await?;
        let registered = app.clients.register(metadata, None).await.map_err(refused)?;
        say(&instructions::of_metadata(&app.ground.settings.site, &registered));
        Ok(())
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
