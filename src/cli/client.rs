//! `keyward client`: applications, by hand.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::installation::Installation;
use super::output::{Asking, facts, table};
use super::{Failed, instructions};
use crate::clients::{Preset, RegistrationError, registration::Registered};
use crate::commands::client;
use crate::commands::client::change::Rotated;
use crate::commands::client::view::{Application, Secret};
use crate::config::Site;
use crate::vocabulary::ClientMetadata;

/// Larger files are no client metadata.
const LARGEST_FILE: u64 = 64 * 1024;

/// What can be done with applications.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Add an application and print what to enter there
    Add(Add),
    /// List all applications
    List(Asking),
    /// Show what is known of an application
    Show(Which),
    /// Make a further secret and print it; the one before stays good for a while
    RotateSecret(RotateSecret),
    /// Remove an application: nobody can sign in to it any more
    Remove(Remove),
}

/// Which application.
#[derive(Debug, clap::Args)]
pub struct Which {
    /// Its client id, or its name where no other has the same
    client: String,
    #[command(flatten)]
    asking: Asking,
}

/// `keyward client rotate-secret`.
#[derive(Debug, clap::Args)]
pub struct RotateSecret {
    /// Its client id, or its name where no other has the same
    client: String,
    /// How many hours the secret before stays good, to enter the new one meanwhile; 0 ends it at once, 720 is the most
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    overlap: u64,
    #[command(flatten)]
    asking: Asking,
}

/// `keyward client remove`.
#[derive(Debug, clap::Args)]
pub struct Remove {
    /// Its client id, or its name where no other has the same
    client: String,
    /// Do it: its secret is lost, and a new registration has another client id
    #[arg(long, required = true)]
    yes: bool,
    #[command(flatten)]
    asking: Asking,
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
    asking: Asking,
}

/// Runs the command.
pub async fn run(command: Command) -> Result<(), Failed> {
    match command {
        Command::Add(add) => add.run().await,
        Command::List(asking) => asking.of(client::List {}, |clients| list(clients)).await,
        Command::Show(Which { client, asking }) => asking.of(client::Show { client }, shown).await,
        Command::RotateSecret(RotateSecret { client, overlap, asking }) => {
            let command = client::RotateSecret { client, overlap: overlap.saturating_mul(3600) };
            asking.of(command, |it| rotated(it, overlap)).await
        }
        Command::Remove(Remove { client, asking, .. }) => {
            let said = |it: &Application| format!("{} ({}) was removed.\n", it.name, it.client_id);
            asking.of(client::Remove { client }, said).await
        }
    }
}

fn list(clients: &[Application]) -> String {
    let line = |it: &Application| {
        let preset = it.preset.map_or("", Preset::name).to_owned();
        [it.client_id.to_string(), it.name.clone(), preset, it.client_uri.clone().unwrap_or_default()]
    };
    let lines: Vec<_> = clients.iter().map(line).collect();
    let none =
        "There are no applications yet. Add one with: keyward client add --preset jira-dc --base-url URL";
    table(["CLIENT ID", "NAME", "PRESET", "ADDRESS"], &lines, none)
}

fn shown(it: &Application) -> String {
    let until = |secret: &Secret| secret.good_until.clone().unwrap_or_else(|| "no end".to_owned());
    let secrets: Vec<_> = it.secrets.iter().map(until).collect();
    facts(&[
        ("Client ID", it.client_id.to_string()),
        ("Name", it.name.clone()),
        ("Preset", it.preset.map_or("", Preset::name).to_owned()),
        ("Served", if it.enabled { "yes" } else { "no" }.to_owned()),
        ("Address", it.client_uri.clone().unwrap_or_default()),
        ("Redirect URIs", it.redirect_uris.join(" ")),
        ("After sign-out", it.post_logout_redirect_uris.join(" ")),
        ("Authentication", it.token_endpoint_auth_methods.join(" ")),
        ("Scopes", it.scope.clone()),
        ("Secrets, good until", if secrets.is_empty() { "none".to_owned() } else { secrets.join(", ") }),
        ("Registered", it.created_at.clone()),
    ])
}

fn rotated(it: &Rotated, overlap: u64) -> String {
    let before = match overlap {
        0 => "The secret before is over.".to_owned(),
        hours => format!("The secret before stays good for {hours} hours: enter the new one until then."),
    };
    format!(
        "The new client secret of {} ({}), shown this once:\n\n  {}\n\n{before}\n",
        it.client.name,
        it.client.client_id,
        it.client_secret.expose()
    )
}

impl Add {
    async fn run(self) -> Result<(), Failed> {
        let command = self.command()?;
        let added = Installation::at(&self.asking.place)?.perform(command).await?;
        let site = Site::new(&added.issuer).map_err(Failed::from_error)?;
        self.asking.write(&added, |added| match (self.preset, &self.base_url) {
            (Some(preset), Some(base_url)) => instructions::of_preset(preset, base_url, &site, added),
            _ => instructions::of_metadata(added),
        })
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
