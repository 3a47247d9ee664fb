//! `keyward user`: people, by hand.

mod import;

use std::io::Read as _;

use super::installation::Installation;
use super::output::{Asking, facts, table};
use super::{Failed, invitation};
use crate::commands::user::standing::Deleted;
use crate::commands::user::view::{EnrolledFactor, Person};
use crate::commands::{Handed, user};
use crate::users::UserError;
use crate::users::profile::{MailAddress, Text, Username};

/// What can be done with people.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Add a person and print a one-time link, good for 24 hours, with which to set password and second factor
    Add(Add),
    /// Print a fresh one-time link for a person; older ones stop working
    Invite(Whom),
    /// Add people from a table in CSV, all or none of them
    Import(import::Import),
    /// List people
    List(List),
    /// Show what is known of a person
    Show(Whom),
    /// Lock a person out; sessions, open sign-ins and links end at once
    Lock(Whom),
    /// Let a person who was locked out sign in again
    Unlock(Whom),
    /// Delete a person; user name and mail address stay reserved for a year
    Delete(Delete),
    /// Print a code, good once and for an hour, for a person who has lost every factor
    AccessCode(AccessCode),
    /// Take a person's second factors away and print a one-time link to set up a new one
    ResetFactor(Whom),
}

/// `keyward user add`.
#[derive(Debug, clap::Args)]
pub struct Add {
    /// The name to sign in with
    username: String,
    /// The mail address; applications that provision people at sign-in need one
    #[arg(long, value_name = "ADDRESS")]
    email: String,
    /// The full name as applications show it; the user name if left out
    #[arg(long, value_name = "FULL NAME")]
    name: Option<String>,
    /// A group to put the person into; may be given several times
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,
    /// Create the named groups where they do not exist
    #[arg(long)]
    create_groups: bool,
    /// Read a first password from the standard input instead of printing a link; it must be changed at the first sign-in
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    asking: Asking,
}

/// Which person.
#[derive(Debug, clap::Args)]
pub struct Whom {
    /// The person's user name or mail address
    pub(super) user: String,
    #[command(flatten)]
    pub(super) asking: Asking,
}

/// `keyward user access-code`.
#[derive(Debug, clap::Args)]
pub struct AccessCode {
    /// The person's user name or mail address
    user: String,
    /// Why, and the number of the ticket; it stands in the audit trail
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    asking: Asking,
}

/// `keyward user delete`.
#[derive(Debug, clap::Args)]
pub struct Delete {
    /// The person's user name or mail address
    user: String,
    /// Do it: a deleted person cannot be brought back. To shut somebody out for a while, use lock
    #[arg(long, required = true)]
    yes: bool,
    #[command(flatten)]
    asking: Asking,
}

/// `keyward user list`.
#[derive(Debug, clap::Args)]
pub struct List {
    /// Only who is in this group
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    #[command(flatten)]
    asking: Asking,
}

/// Runs the command.
pub async fn run(command: Command) -> Result<(), Failed> {
    match command {
        Command::Add(add) => add.run().await,
        Command::Invite(Whom { user, asking }) => {
            asking
                .of(user::Invite { user }, |it| {
                    invitation::text(&it.username, &it.link, it.mailed.as_deref())
                })
                .await
        }
        Command::Import(import) => import.run().await,
        Command::List(list) => list.run().await,
        Command::Show(Whom { user, asking }) => asking.of(user::Show { user }, shown).await,
        Command::Lock(Whom { user, asking }) => {
            let said = |it: &Person| format!("{} is locked out; every session has ended.\n", it.username);
            asking.of(user::Lock { user }, said).await
        }
        Command::Unlock(Whom { user, asking }) => {
            let said = |it: &Person| format!("{} may sign in again.\n", it.username);
            asking.of(user::Unlock { user }, said).await
        }
        Command::Delete(Delete { user, asking, .. }) => {
            let said =
                |it: &Deleted| format!("{} was deleted; the name stays reserved for a year.\n", it.username);
            asking.of(user::Delete { user }, said).await
        }
        Command::AccessCode(AccessCode { user, reason, asking }) => {
            let said = |it: &user::access_code::GivenOut| {
                format!(
                    "{}\n\nGood once and for one hour, after the password of {}. Tell it to nobody else, and only having made sure who \
                     asks; a new second factor is set up with it.\n",
                    it.code.expose(),
                    it.username
                )
            };
            asking.of(user::AccessCode { user, reason }, said).await
        }
        Command::ResetFactor(Whom { user, asking }) => {
            asking.of(user::ResetFactor { user }, |it| invitation::factor(&it.username, &it.link)).await
        }
    }
}

impl Add {
    async fn run(self) -> Result<(), Failed> {
        let command = self.command().map_err(Failed::from_error)?;
        let password = if self.password_stdin { Some(first_line()?) } else { None };
        self.asking.of(user::Add { password, ..command }, added).await
    }

    fn command(&self) -> Result<user::Add, UserError> {
        Ok(user::Add {
            username: Username::new(&*self.username)?,
            email: MailAddress::new(&*self.email)?,
            name: self.name.as_deref().map(Text::new).transpose()?,
            groups: self.groups.iter().map(|group| Text::new(&**group)).collect::<Result<_, _>>()?,
            create_groups: self.create_groups,
            password: None,
        })
    }
}

impl List {
    /// All pages, in the order of names.
    async fn run(self) -> Result<(), Failed> {
        let mut installation = Installation::at(&self.asking.place)?;
        let mut people: Vec<Person> = Vec::new();
        let mut command = user::List { after: None, group: self.group };
        loop {
            let group = command.group.clone();
            let page = installation.perform(command).await?;
            people.extend(page.people);
            match page.next {
                Some(after) => command = user::List { after: Some(after), group },
                None => break,
            }
        }
        people.sort_by_cached_key(|person| person.username.to_lowercase());
        let nobody = "There is nobody. Add somebody with: keyward user add NAME --email ADDRESS";
        self.asking.write(&people, |people| list(people, nobody))
    }
}

fn added(added: &user::add::Added) -> String {
    let username = &added.username;
    match &added.link {
        Some(link) => {
            let link = invitation::text(username, link, added.mailed.as_deref());
            format!("{username} was added.\n\n{link}")
        }
        None => format!("{username} was added. The password must be changed at the first sign-in.\n"),
    }
}

/// People as a table, or `nobody`.
pub(super) fn list(people: &[Person], nobody: &str) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let line = |it: &Person| {
        [it.username.clone(), text(&it.name), text(&it.email), it.state.clone(), it.groups.join(", ")]
    };
    let lines: Vec<_> = people.iter().map(line).collect();
    table(["USER NAME", "NAME", "EMAIL", "STATE", "GROUPS"], &lines, nobody)
}

fn shown(shown: &user::show::Shown) -> String {
    let person = &shown.person;
    let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let factor = |it: &EnrolledFactor| match it.remaining {
        Some(remaining) => format!("{} recovery codes left, made {}", remaining, it.enrolled_at),
        None => format!("{}, since {}", it.name, it.enrolled_at),
    };
    let factors: Vec<_> = shown.factors.iter().map(factor).collect();
    facts(&[
        ("User name", person.username.clone()),
        ("Name", person.name.clone().unwrap_or_default()),
        ("Email", person.email.clone().unwrap_or_default()),
        ("Identifier", person.id.to_string()),
        ("State", person.state.clone()),
        ("Groups", person.groups.join(", ")),
        ("Administrator", yes(shown.administrator)),
        ("Password set", yes(shown.password)),
        ("Second factors", if factors.is_empty() { "none".to_owned() } else { factors.join("; ") }),
        ("Sessions", shown.sessions.to_string()),
        ("Created", person.created_at.clone()),
        ("Changed", person.updated_at.clone()),
    ])
}

/// The first line of the standard input, without its end.
fn first_line() -> Result<Handed, Failed> {
    // Longer than any password that is accepted, short enough to be held.
    let mut text = zeroize::Zeroizing::new(String::new());
    let read = std::io::stdin().take(4096).read_to_string(&mut text);
    read.map_err(|error| Failed(format!("the password could not be read from the standard input: {error}")))?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(Failed("no password came on the standard input; write it there, on one line".to_owned()));
    }
    Ok(Handed::new(line))
}
