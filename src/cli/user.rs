//! `keyward user`: people, by hand.

use std::collections::BTreeSet;
use std::io::Read as _;

use super::{Failed, Place, invitation, opening, say};
use crate::app::App;
use crate::audit::{Action, Actor, Origin, Outcome};
use crate::foundation::ids::UserId;
use crate::foundation::secret::Hidden;
use crate::storage::Batch;
use crate::users::profile::{Mail, MailAddress, Text, Username};
use crate::users::{NewUser, Profile, User, UserError, standing};

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
        let new = self.person().map_err(explained)?;
        let password = if self.password_stdin { Some(first_line()?) } else { None };
        let app = opening::for_a_command(&self.place).await?;
        self.provide_groups(&app, &new.groups).await?;
        let id = UserId::generate(app.ground.random.as_ref());
        let mut batch = Batch::new();
        note(&app, &mut batch, Action::UserCreated, Some(&id));
        let username = new.username.as_str().to_owned();
        let answer = match password {
            Some(password) => {
                let user = new.clone().into_user(id.clone(), app.ground.clock.now());
                set_password(&app, &user, &password, &mut batch).await?;
                format!("{username} was added. The password must be changed at the first sign-in.\n")
            }
            None => {
                let link = app.invitations.issue(&mut batch, &id).await.map_err(Failed::from_error)?;
                format!("{username} was added.\n\n{}", invitation::text(&app, &username, &link))
            }
        };
        app.users.create_as(id, new, batch).await.map_err(explained)?;
        say(&answer);
        Ok(())
    }

    fn person(&self) -> Result<NewUser, UserError> {
        let username = Username::new(&*self.username)?;
        let name = self.name.as_deref().unwrap_or(&self.username);
        // The administrator vouches for the address: it comes from the organisation's own list.
        let mail = Mail { address: MailAddress::new(&*self.email)?, verified: true };
        Ok(NewUser {
            groups: self.groups.iter().map(|group| Text::new(&**group)).collect::<Result<_, _>>()?,
            profile: Profile { name: Some(Text::new(name)?), mail: Some(mail), ..Profile::default() },
            ..NewUser::named(username)
        })
    }

    async fn provide_groups(&self, app: &App, groups: &BTreeSet<Text>) -> Result<(), Failed> {
        for group in groups {
            match app.users.group(group).await.map_err(Failed::from_error)? {
                Some(known) if known.name == *group => {}
                Some(known) => {
                    let (asked, known) = (group.as_str(), known.name.as_str());
                    return Err(Failed(format!(
                        "there is no group {asked:?}, but there is {known:?}; write it so"
                    )));
                }
                None if self.create_groups => {
                    let mut batch = Batch::new();
                    note(app, &mut batch, Action::GroupCreated, None);
                    app.users.create_group(group.clone(), None, batch).await.map_err(explained)?;
                }
                None => {
                    let group = group.as_str();
                    let mend = "mend the name, or add --create-groups to create it";
                    return Err(Failed(format!("there is no group {group:?}; {mend}. Nobody was added")));
                }
            }
        }
        Ok(())
    }
}

impl Invite {
    async fn run(self) -> Result<(), Failed> {
        let app = opening::for_a_command(&self.place).await?;
        let found = app.users.find_by_login_name(&self.username).await.map_err(Failed::from_error)?;
        let unknown =
            || Failed(format!("there is nobody with the user name or mail address {:?}", self.username));
        let user = found.ok_or_else(unknown)?.value;
        if let Err(reason) = standing(&user, app.ground.clock.now()) {
            return Err(Failed(format!("{} may not sign in ({})", user.username.as_str(), reason.word())));
        }
        let mut batch = Batch::new();
        let link = app.invitations.issue(&mut batch, &user.id).await.map_err(Failed::from_error)?;
        let outcome = app.ground.store.commit(batch).await.map_err(Failed::from_error)?;
        if !outcome.is_done() {
            return Err(explained(UserError::Conflict));
        }
        say(&invitation::text(&app, user.username.as_str(), &link));
        Ok(())
    }
}

async fn set_password(app: &App, user: &User, password: &Hidden, batch: &mut Batch) -> Result<(), Failed> {
    let rules = app.password_rules();
    let set = app.passwords.set(user, password.expose(), true, &rules, batch);
    set.await.map_err(explained)?;
    note(app, batch, Action::PasswordSet, Some(&user.id));
    Ok(())
}

/// The event goes into the change's own batch (R-AU-05).
pub(super) fn note(app: &App, batch: &mut Batch, action: Action, about: Option<&UserId>) {
    let event = app.trail.event(action, Outcome::Success, &Origin::default()).by(Actor::CommandLine);
    match about {
        Some(user) => event.about(user).write(batch),
        None => event.write(batch),
    }
}

/// The first line of the standard input, without its end.
fn first_line() -> Result<Hidden, Failed> {
    // Longer than any password that is accepted, short enough to be held.
    let mut text = zeroize::Zeroizing::new(String::new());
    let read = std::io::stdin().take(4096).read_to_string(&mut text);
    read.map_err(|error| Failed(format!("the password could not be read from the standard input: {error}")))?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(Failed("no password came on the standard input; write it there, on one line".to_owned()));
    }
    Ok(Hidden::new(line))
}

fn explained(error: UserError) -> Failed {
    match error {
        UserError::Taken(what) => Failed(format!(
            "{what} is taken, looks like one that is taken, or is still reserved for its former owner; choose another, \
             or run `keyward user invite` if this person was added already"
        )),
        other => Failed::from_error(other),
    }
}
