//! `keyward administrator` and `keyward setup`: who administers, and the link for the first of them.

use std::time::Duration;

use super::Failed;
use super::output::Asking;
use super::user::{Whom, list};
use crate::app::App;
use crate::audit::Actor;
use crate::commands::office;
use crate::commands::user::view::Person;
use crate::lifecycle::first_administrator::{Door, LIFETIME};

const HOUR: Duration = Duration::from_secs(3600);

/// What can be done with the office.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List administrators
    List(Asking),
    /// Make a person an administrator
    Add(Whom),
    /// Take the office from a person; the last one who may sign in keeps it
    Remove(Whom),
}

/// Runs the command.
pub async fn run(command: Command) -> Result<(), Failed> {
    match command {
        Command::List(asking) => {
            let nobody = "There is no administrator yet. Make the first with: keyward setup";
            asking.of(office::List {}, |people| list(people, nobody)).await
        }
        Command::Add(Whom { user, asking }) => {
            let said = |it: &Person| format!("{} is an administrator now.\n", it.username);
            asking.of(office::Add { user }, said).await
        }
        Command::Remove(Whom { user, asking }) => {
            let said = |it: &Person| format!("{} is no administrator any more.\n", it.username);
            asking.of(office::Remove { user }, said).await
        }
    }
}

/// `keyward setup`.
pub async fn set_up(asking: &Asking) -> Result<(), Failed> {
    asking.of(office::SetUp {}, |offered| text(offered.link.expose())).await
}

/// What a server says at its start while there is no administrator: the link, the first time, if a person reads it. What a
/// service says goes into a log, which others read.
pub(super) async fn welcome(app: &App, is_read_by_a_person: bool) -> Result<String, Failed> {
    let first = &app.first_administrator;
    let offered = match first.door().await.map_err(Failed::from_error)? {
        Door::Closed => return Ok(String::new()),
        Door::Untouched if is_read_by_a_person => {
            first.offer(Actor::System).await.map_err(Failed::from_error)?
        }
        Door::Untouched | Door::Offered => None,
    };
    Ok(match offered {
        Some(link) => {
            let link = app.ground.settings.site.url(&format!("/set-up/{}", link.expose()));
            format!("\n{}", text(&link))
        }
        None => {
            "\nThere is no administrator yet. Make a link for the first one with: keyward setup\n".to_owned()
        }
    })
}

fn text(link: &str) -> String {
    let hours = LIFETIME.as_secs() / HOUR.as_secs();
    format!(
        "Open this link to become the first administrator. It works once, for one person, for {hours} hours:\n\n  {link}\n\n\
         If it gets lost, make a new one with: keyward setup\n"
    )
}
