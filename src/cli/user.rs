//! `keyward user`: people, by hand.

use std::io::Read as _;

use super::installation::Installation;
use super::{Failed, Place, invitation, say};
use crate::commands::{Handed, user};
use crate::users::UserError;
use crate::users::profile::{MailAddress, Text, Username};

/// What can be done with people.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Add a person and print a one-time link, good for 24 hours, with which to set password and second factor
    Add(Add),
    /// Print a fresh one-time link for a person; older ones stop working
    Invite(Invite),
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
    place: Place,
}

/// `keyward user invite`.
#[derive(Debug, clap::Args)]
pub struct Invite {
    /// The person's user name or mail address
    username: String,
    #[command(flatten)]
    place: Place,
}

/// Runs the command.
pub async fn run(command: Command) -> Result<(), Failed> {
    match command {
        Command::Add(add) => add.run().await,
        Command::Invite(invite) => invite.run().await,
    }
}

impl Add {
    async fn run(self) -> Result<(), Failed> {
        let command = self.command().map_err(Failed::from_error)?;
        let password = if self.password_stdin { Some(first_line()?) } else { None };
        let added = Installation::at(&self.place)?.perform(user::Add { password, ..command }).await?;
        let username = &added.username;
        say(&match added.link {
            Some(link) => format!("{username} was added.\n\n{}", invitation::text(username, &link)),
            None => format!("{username} was added. The password must be changed at the first sign-in.\n"),
        });
        Ok(())
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

impl Invite {
    async fn run(self) -> Result<(), Failed> {
        let command = user::Invite { user: self.username };
        let invited = Installation::at(&self.place)?.perform(command).await?;
        say(&invitation::text(&invited.username, &invited.link));
        Ok(())
    }
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
