//! `keyward group`: groups, by hand.

use super::Failed;
use super::output::{Asking, facts, table};
use crate::commands::group::{self, list::Listed};
use crate::users::profile::Text;

/// What can be done with groups.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Add a group
    Add(Add),
    /// List all groups
    List(Asking),
    /// Show a group and everybody in it
    Show(Which),
    /// Delete a group
    Delete(Delete),
    /// Put a person into a group
    AddMember(Member),
    /// Take a person out of a group
    RemoveMember(Member),
}

/// `keyward group add`.
#[derive(Debug, clap::Args)]
pub struct Add {
    /// Its name, as applications see it
    group: String,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    #[command(flatten)]
    asking: Asking,
}

/// Which group.
#[derive(Debug, clap::Args)]
pub struct Which {
    /// Its name
    group: String,
    #[command(flatten)]
    asking: Asking,
}

/// `keyward group delete`.
#[derive(Debug, clap::Args)]
pub struct Delete {
    /// Its name
    group: String,
    /// Take everybody out of it first
    #[arg(long)]
    with_members: bool,
    #[command(flatten)]
    asking: Asking,
}

/// Which group and which person.
#[derive(Debug, clap::Args)]
pub struct Member {
    /// The group's name
    group: String,
    /// The person's user name or mail address
    user: String,
    #[command(flatten)]
    asking: Asking,
}

/// Runs the command.
pub async fn run(command: Command) -> Result<(), Failed> {
    match command {
        Command::Add(add) => add.run().await,
        Command::List(asking) => asking.of(group::List {}, |groups| list(groups)).await,
        Command::Show(Which { group, asking }) => asking.of(group::Show { group }, shown).await,
        Command::Delete(Delete { group, with_members, asking }) => {
            let said = |group: &Listed| format!("The group {} was deleted.\n", group.name);
            asking.of(group::Delete { group, with_members }, said).await
        }
        Command::AddMember(Member { group, user, asking }) => {
            let said = |group: &str, user: &str| format!("{user} is in {group} now. {SEEN}\n");
            let name = group.clone();
            asking.of(group::AddMember { group, user }, |person| said(&name, &person.username)).await
        }
        Command::RemoveMember(Member { group, user, asking }) => {
            let said = |group: &str, user: &str| format!("{user} is not in {group} any more. {SEEN}\n");
            let name = group.clone();
            asking.of(group::RemoveMember { group, user }, |person| said(&name, &person.username)).await
        }
    }
}

const SEEN: &str = "Applications learn of it at the next sign-in there.";

impl Add {
    async fn run(self) -> Result<(), Failed> {
        let name = Text::new(self.group).map_err(Failed::from_error)?;
        let description = self.description.map(Text::new).transpose().map_err(Failed::from_error)?;
        let said = |group: &Listed| format!("The group {} was added.\n", group.name);
        self.asking.of(group::Add { name, description }, said).await
    }
}

fn list(groups: &[Listed]) -> String {
    let line = |group: &Listed| [group.name.clone(), group.description.clone().unwrap_or_default()];
    let lines: Vec<_> = groups.iter().map(line).collect();
    table(["GROUP", "DESCRIPTION"], &lines, "There are no groups yet. Add one with: keyward group add NAME")
}

fn shown(shown: &group::show::Shown) -> String {
    let about = facts(&[
        ("Group", shown.group.name.clone()),
        ("Description", shown.group.description.clone().unwrap_or_default()),
        ("Created", shown.group.created_at.clone()),
    ]);
    format!("{about}\n{}", super::user::list(&shown.members, "Nobody is in it."))
}
