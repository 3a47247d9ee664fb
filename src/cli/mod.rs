//! The command line: arguments in, sentences and an exit code out. 0: done. 1: refused or failed, with one sentence on the
//! standard error stream that names the mend. 2: the arguments were not understood.
//!
//! Administrative commands are the types of `commands`: performed in this process while nobody holds the data folder, else by
//! the server that does ([`installation`]).
//!
//! Must not: log a secret, or write one anywhere but to the standard output or the file that was asked for.
//! Follows: security requirements R-OP-01, R-CO-11, R-EN-04, R-KS-05.

pub mod administrator;
pub mod backup;
pub mod audit;
pub mod client;
pub mod configuration;
pub mod demo;
pub mod doctor;
pub mod group;
pub mod hardware_token;
pub mod installation;
pub mod instructions;
pub mod invitation;
pub mod mail;
pub mod moving;
pub mod key;
pub mod moment;
pub mod opening;
pub mod output;
mod policy;
pub mod restore;
pub mod serve;
pub mod serving;
pub mod settings;
pub mod table_file;
pub mod user;

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::config::{Settings, Sources};
use crate::foundation::huge_pages;

/// What threads that wait for a file, or compute, are given at the end. What they do was acknowledged to nobody (R-OP-07).
const LAST_WORK: Duration = Duration::from_secs(2);

/// A self-contained OpenID provider with built-in second factors.
#[derive(Debug, Parser)]
#[command(name = "keyward", version, about, max_term_width = 100)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the provider and two demo applications on this machine, to try it
    Demo(demo::Arguments),
    /// Start the provider
    Serve(Place),
    /// Show what holds for each setting, and where it was given
    Settings(settings::Arguments),
    /// Print a fresh set-up link with which one person becomes the first administrator
    Setup(output::Asking),
    /// Look at everything that can be wrong, and say the mend
    Doctor(output::Asking),
    /// Who administers
    #[command(subcommand)]
    Administrator(administrator::Command),
    /// People
    #[command(subcommand)]
    User(user::Command),
    /// Hardware tokens: small devices that show one-time passwords
    #[command(subcommand)]
    HardwareToken(hardware_token::Command),
    /// Groups of people
    #[command(subcommand)]
    Group(group::Command),
    /// Applications
    #[command(subcommand)]
    Client(client::Command),
    /// What is asked of whom
    #[command(subcommand)]
    Policy(policy::Command),
    /// Mail
    #[command(subcommand)]
    Mail(mail::Command),
    /// Write everything into one encrypted file, also while the server runs
    Backup(backup::Arguments),
    /// Make a data folder of a backup
    Restore(restore::Arguments),
    /// Copy the data to another storage engine (while the server is stopped)
    Move(moving::Arguments),
    /// Write all that is configured, without secrets
    Export(configuration::Export),
    /// Show what a configuration file would change
    Plan(configuration::PlanArguments),
    /// Make a configuration file so: all of it, or nothing
    Apply(configuration::ApplyArguments),
    /// Signing keys
    #[command(subcommand)]
    Key(key::Command),
    /// The audit trail
    #[command(subcommand)]
    Audit(audit::Command),
}

/// Which installation a command works on.
#[derive(Debug, Clone, clap::Args)]
pub struct Place {
    /// The settings file; without one, the defaults: http://localhost:8443, data in ./keyward-data, keys in ./keys
    #[arg(long, value_name = "FILE")]
    pub settings: Option<PathBuf>,
    /// One setting, over file and environment, such as --set sessions.idle=30m; may be given several times
    #[arg(long, value_name = "SECTION.NAME=VALUE")]
    pub set: Vec<String>,
}

impl Place {
    /// Where this installation's settings stand.
    pub fn sources(&self) -> Sources {
        Sources::of_process(self.settings.as_deref(), &self.set)
    }

    /// This installation's settings.
    pub fn read(&self) -> Result<Settings, Failed> {
        Settings::gather(&self.sources()).map(|(settings, _)| settings).map_err(Failed::from_error)
    }
}

/// A command that was refused or failed: a sentence for the administrator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failed(pub String);

impl Failed {
    /// Takes over the sentence of `error`.
    pub fn from_error(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// One for two processors: hashing and writing have threads of their own, and requests between them are short. More would
/// mostly wake one another, to find that the first has done what there was to do.
fn request_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).div_ceil(2)
}

/// Runs the command that `arguments` (the program's name first) ask for.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Nobody is left to tell where the streams are closed.
            let _ = error.print();
            return u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from);
        }
    };
    huge_pages::allow(false);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(request_threads()).enable_all().build();
    let done = match runtime {
        Ok(runtime) => {
            let done = runtime.block_on(execute(arguments.command));
            runtime.shutdown_timeout(LAST_WORK);
            done
        }
        Err(error) => Err(Failed(format!("the program's threads could not be started: {error}"))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            let _ = writeln!(std::io::stderr(), "keyward: {failed}");
            ExitCode::FAILURE
        }
    }
}

async fn execute(command: Command) -> Result<(), Failed> {
    match command {
        Command::Demo(arguments) => demo::run(arguments).await,
        Command::Serve(place) => serve::run(&place).await,
        Command::Settings(arguments) => settings::run(&arguments),
        Command::Setup(asking) => administrator::set_up(&asking).await,
        Command::Doctor(asking) => doctor::run(&asking).await,
        Command::Administrator(command) => administrator::run(command).await,
        Command::User(command) => user::run(command).await,
        Command::HardwareToken(command) => hardware_token::run(command).await,
        Command::Group(command) => group::run(command).await,
        Command::Policy(command) => policy::run(command).await,
        Command::Client(command) => client::run(command).await,
        Command::Mail(command) => mail::run(command).await,
        Command::Backup(arguments) => backup::run(arguments).await,
        Command::Restore(arguments) => restore::run(arguments).await,
        Command::Move(arguments) => moving::run(arguments).await,
        Command::Export(export) => export.run().await,
        Command::Plan(plan) => plan.run().await,
        Command::Apply(apply) => apply.run().await,
        Command::Key(command) => key::run(command).await,
        Command::Audit(command) => audit::run(command).await,
    }
}

/// Writes `text` to the standard output. A reader who has gone is no reason to stop a server.
pub(crate) fn say(text: &str) {
    let mut output = std::io::stdout().lock();
    let _ = output.write_all(text.as_bytes()).and_then(|()| output.flush());
}
