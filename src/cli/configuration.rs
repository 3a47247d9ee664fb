//! `keyward export`, `keyward plan`, `keyward apply`: all that is configured, as a file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, IsTerminal as _, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::installation::Installation;
use super::{Failed, Place, say};
use crate::commands::{Handed, configuration};
use crate::configuration::{Format, Model, Plan, Problem, Reference, document};

/// No secret is longer, in bytes.
const LONGEST_SECRET: u64 = 64 * 1024;

/// `keyward export`.
#[derive(Debug, clap::Args)]
pub struct Export {
    /// How to write it; as the name of --output ends, else toml
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    format: Option<Format>,
    /// Write it to a new file instead of the standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

/// `keyward plan`.
#[derive(Debug, clap::Args)]
pub struct PlanArguments {
    /// The configuration, in JSON if its name ends with .json, else in TOML
    file: PathBuf,
    /// Print the differences as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// `keyward apply`.
#[derive(Debug, clap::Args)]
pub struct ApplyArguments {
    /// The configuration, in JSON if its name ends with .json, else in TOML
    file: PathBuf,
    /// Do not ask whether to go on
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    place: Place,
}

impl Export {
    /// Runs the command.
    pub async fn run(self) -> Result<(), Failed> {
        let by_name = self.output.as_deref().map_or(Format::Toml, Format::of);
        let model = Installation::at(&self.place)?.perform(configuration::Export {}).await?;
        let text = document::write(&model, self.format.unwrap_or(by_name)).map_err(Failed)?;
        let Some(file) = &self.output else {
            say(&text);
            return Ok(());
        };
        let named =
            |error: std::io::Error| Failed(format!("{}: cannot be written ({error})", file.display()));
        let opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
        opened.and_then(|mut opened| opened.write_all(text.as_bytes())).map_err(named)
    }
}

impl PlanArguments {
    /// Runs the command.
    pub async fn run(self) -> Result<(), Failed> {
        let proposed = proposed(&self.file)?;
        let plan = Installation::at(&self.place)?
            .perform(proposed)
            .await
            .map_err(|failed| about(&self.file, failed))?;
        if self.json {
            let json = serde_json::to_string_pretty(&plan).map_err(Failed::from_error)?;
            say(&format!("{json}\n"));
        } else {
            say(&plan.to_string());
        }
        Ok(())
    }
}

impl ApplyArguments {
    /// Runs the command.
    pub async fn run(self) -> Result<(), Failed> {
        let proposed = proposed(&self.file)?;
        let mut installation = Installation::at(&self.place)?;
        let plan =
            installation.perform(proposed.clone()).await.map_err(|failed| about(&self.file, failed))?;
        say(&plan.to_string());
        if !plan.does_something() {
            return Ok(());
        }
        if !self.yes {
            ask(&plan)?;
        }
        let apply = configuration::Apply { proposed, base: plan.base };
        let applied = installation.perform(apply).await.map_err(|failed| about(&self.file, failed))?;
        say(&format!("Applied; generation {} counts from now on.\n", applied.generation));
        for (client, secret) in &applied.client_secrets {
            say(&format!("The secret of {client}, shown this once: {}\n", secret.expose()));
        }
        Ok(())
    }
}

impl Format {
    /// As the name of `file` ends.
    fn of(file: &Path) -> Self {
        let json = file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
        if json { Self::Json } else { Self::Toml }
    }
}

fn format(name: &str) -> Result<Format, String> {
    match name {
        "json" => Ok(Format::Json),
        "toml" => Ok(Format::Toml),
        _ => Err("known are json, toml".to_owned()),
    }
}

/// What `file` proposes, with the secrets it refers to.
fn proposed(file: &Path) -> Result<configuration::Plan, Failed> {
    let text = read(file, document::LARGEST as u64).map_err(|why| about(file, Failed(why)))?;
    let read = document::read(&text, Format::of(file)).map_err(|problems| faulty(file, &problems));
    let model = read?;
    let secrets = secrets(&model, file).map_err(|problems| faulty(file, &problems))?;
    Ok(configuration::Plan { model, secrets })
}

/// Looks up every secret the model refers to; relative paths start where `file` is.
fn secrets(model: &Model, file: &Path) -> Result<BTreeMap<String, Handed>, Vec<Problem>> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let (mut secrets, mut problems) = (BTreeMap::new(), Vec::new());
    for (path, reference) in model.references() {
        let found = match reference {
            Reference::Set => continue,
            Reference::Env(name) => std::env::var(name).map_err(|_| {
                format!("refers to the environment variable {name}, which is not set or is no text; set it")
            }),
            Reference::File(place) => read(&folder.join(place), LONGEST_SECRET)
                .map_err(|why| format!("refers to the file {place:?}: {why}; put the secret there")),
        };
        match found.map(zeroize::Zeroizing::new) {
            // A file made by an editor or `echo` ends with a line end, which is not part of the secret.
            Ok(found) => drop(secrets.insert(path, Handed::new(found.trim_end_matches(['\r', '\n'])))),
            Err(sentence) => problems.push(Problem::at(path, sentence)),
        }
    }
    if problems.is_empty() { Ok(secrets) } else { Err(problems) }
}

fn read(file: &Path, longest: u64) -> Result<String, String> {
    let opened = File::open(file).map_err(|error| format!("cannot be read ({error})"))?;
    let mut text = String::new();
    opened
        .take(longest + 1)
        .read_to_string(&mut text)
        .map_err(|error| format!("cannot be read ({error})"))?;
    if text.len() as u64 > longest { Err(format!("is larger than {longest} bytes")) } else { Ok(text) }
}

fn ask(plan: &Plan) -> Result<(), Failed> {
    if !std::io::stdin().is_terminal() {
        return Err(Failed(
            "nothing was applied: nobody is there to be asked; look at the plan, then add --yes".to_owned(),
        ));
    }
    let what = if plan.is_empty() { "Apply it?" } else { "Apply these differences?" };
    say(&format!("{what} Type yes: "));
    let mut answer = String::new();
    let read = std::io::stdin().lock().take(16).read_line(&mut answer);
    match read {
        Ok(_) if answer.trim() == "yes" => Ok(()),
        _ => Err(Failed("nothing was applied".to_owned())),
    }
}

fn faulty(file: &Path, problems: &[Problem]) -> Failed {
    about(file, Failed::from_error(crate::configuration::Refused::Faulty(problems.to_vec())))
}

fn about(file: &Path, failed: Failed) -> Failed {
    Failed(format!("{}: {failed}", file.display()))
}
