//! `keyward policy`: what is asked of whom, and who could not get in.

use std::net::IpAddr;

use super::Failed;
use super::moment;
use super::output::{Asking, facts, table};
use crate::commands::policy::{
    self,
    blocked::{Blocked, BlockedPerson},
    explain::{Explained, Then},
};
use crate::factors::FactorKind;
use crate::foundation::Timestamp;

/// What can be asked about the policy.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Which rule applies to a person, and what would be asked after the password
    Explain(Explain),
    /// Who could not get in somewhere
    WhoIsBlocked(WhoIsBlocked),
}

/// `keyward policy explain`.
#[derive(Debug, clap::Args)]
pub struct Explain {
    /// The person's user name or mail address
    #[arg(long)]
    user: String,
    /// The application's client id; without one, Keyward's own pages
    #[arg(long, value_name = "CLIENT_ID")]
    client: Option<String>,
    /// The address the browser comes from
    #[arg(long, value_name = "ADDRESS")]
    network: Option<IpAddr>,
    /// The acr value that the application insists on
    #[arg(long)]
    acr: Option<String>,
    #[command(flatten)]
    asking: Asking,
}

/// `keyward policy who-is-blocked`.
#[derive(Debug, clap::Args)]
pub struct WhoIsBlocked {
    /// On this day or at this moment, such as 2027-01-15; now without one
    #[arg(long, value_name = "DATE", value_parser = moment::parse)]
    at: Option<Timestamp>,
    /// The address the browsers come from
    #[arg(long, value_name = "ADDRESS")]
    network: Option<IpAddr>,
    #[command(flatten)]
    asking: Asking,
}

/// Runs the command.
pub async fn run(command: Command) -> Result<(), Failed> {
    match command {
        Command::Explain(Explain { user, client, network, acr, asking }) => {
            asking.of(policy::Explain { user, client, address: network, acr }, explained).await
        }
        Command::WhoIsBlocked(WhoIsBlocked { at, network, asking }) => {
            asking.of(policy::WhoIsBlocked { at, address: network }, blocked).await
        }
    }
}

fn words(kinds: &[FactorKind]) -> String {
    let words: Vec<_> = kinds.iter().map(|kind| kind.word()).collect();
    if words.is_empty() { "-".to_owned() } else { words.join(", ") }
}

fn explained(it: &Explained) -> String {
    let then = match &it.then {
        Then::Enough => "nothing more: the password is enough".to_owned(),
        Then::Give(kinds) => format!("one of: {}", words(kinds)),
        Then::Enrol(kinds) => format!("sets up one of: {}", words(kinds)),
        Then::Refused(why) => format!("is refused: {why}"),
    };
    facts(&[
        ("Person", it.username.clone()),
        ("Rule", it.rule.clone().unwrap_or_else(|| "none; the policy for everybody".to_owned())),
        ("Floor", it.floor.clone()),
        ("Accepted in its place", words(&it.instead)),
        ("Factors that count", words(&it.counting)),
        ("Wanted besides", words(&it.also)),
        ("A second factor counts for", it.second_factor_max_age.clone()),
        ("The person could give", words(&it.factors)),
        ("After the password", then),
    ])
}

fn blocked(it: &Blocked) -> String {
    let line = |one: &BlockedPerson| {
        let named = |id: &String| if id.is_empty() { "(own pages)".to_owned() } else { id.clone() };
        let applications: Vec<_> = one.applications.iter().map(named).collect();
        [one.username.clone(), one.reason.clone(), applications.join(", ")]
    };
    let lines: Vec<_> = it.who.iter().map(line).collect();
    let listed =
        table(["PERSON", "REASON", "APPLICATIONS"], &lines, "Nobody: everybody could get in everywhere.");
    format!("{listed}{} of {} people could not get in somewhere.\n", it.count, it.people)
}
