//! `user.add`: a new person, with a one-time link or a first password.

use std::collections::BTreeSet;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::People;
use crate::audit::{Action, Origin, Outcome};
use crate::commands::{Administrator, Command, Handed, Refused, Who};
use crate::foundation::ids::UserId;
use crate::storage::Batch;
use crate::users::profile::{Mail, MailAddress, Text, Username};
use crate::users::{NewUser, PasswordRules, Profile, User, UserError};

/// The command.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Add {
    /// The name to sign in with.
    pub username: Username,
    /// The mail address. The administrator vouches for it: it comes from the organisation's own list.
    pub email: MailAddress,
    /// The full name; the user name if absent.
    pub name: Option<Text>,
    /// The groups.
    pub groups: BTreeSet<Text>,
    /// Whether groups that do not exist are created.
    pub create_groups: bool,
    /// A first password instead of a link, to be changed at the first sign-in.
    pub password: Option<Handed>,
}

/// Somebody was added.
#[derive(Debug, Serialize, Deserialize)]
pub struct Added {
    /// The new person.
    pub id: UserId,
    /// The user name.
    pub username: String,
    /// The one-time link, shown this once; absent where a first password was given.
    pub link: Option<Handed>,
    /// The address to which the link goes by mail as well.
    pub mailed: Option<String>,
}

#[async_trait]
impl Command for Add {
    const NAME: &'static str = "user.add";
    const WHO: Who = Who::Operator;
    type Tools = People;
    type Answer = Added;

    async fn perform(self, by: &Administrator, people: &People) -> Result<Added, Refused> {
        let (password, new) = (self.password.clone(), self.person()?);
        people.provide_groups(by, &new.groups, self.create_groups).await?;
        let id = UserId::generate(people.random.as_ref());
        let username = new.username.as_str().to_owned();
        let mut batch = Batch::new();
        people.note(&mut batch, Action::UserCreated, by, &id);
        let user = new.clone().into_user(id.clone(), people.clock.now());
        let (link, mailed) = match password {
            Some(password) => {
                people.first_password(&mut batch, by, &user, &password).await?;
                (None, None)
            }
            None => {
                let (link, mailed) = people.link(&mut batch, &user).await?;
                (Some(link), mailed)
            }
        };
        people.users.create_as(id.clone(), new, batch).await.map_err(explained)?;
        Ok(Added { id, username, link, mailed })
    }
}

impl Add {
    fn person(&self) -> Result<NewUser, UserError> {
        let name = self.name.clone().map_or_else(|| Text::new(self.username.as_str()), Ok)?;
        let mail = Mail { address: self.email.clone(), verified: true };
        Ok(NewUser {
            groups: self.groups.clone(),
            profile: Profile { name: Some(name), mail: Some(mail), ..Profile::default() },
            ..NewUser::named(self.username.clone())
        })
    }
}

impl People {
    /// Sees that these groups exist, written so; creates missing ones if told.
    pub(super) async fn provide_groups(
        &self,
        by: &Administrator,
        groups: &BTreeSet<Text>,
        create: bool,
    ) -> Result<(), Refused> {
        for group in groups {
            match self.users.group(group).await? {
                Some(known) if known.name == *group => {}
                Some(known) => {
                    let (asked, known) = (group.as_str(), known.name.as_str());
                    return Err(Refused::rule(format!(
                        "there is no group {asked:?}, but there is {known:?}; write it so"
                    )));
                }
                None if create => {
                    let mut batch = Batch::new();
                    let event = self.trail.event(Action::GroupCreated, Outcome::Success, &Origin::default());
                    event.by(by.actor()).group(group.as_str()).write(&mut batch);
                    self.users.create_group(group.clone(), None, batch).await?;
                }
                None => {
                    let group = group.as_str();
                    let mend = "mend the name, or add --create-groups to create it";
                    return Err(Refused::absent(format!(
                        "there is no group {group:?}; {mend}. Nobody was added"
                    )));
                }
            }
        }
        Ok(())
    }

    async fn first_password(
        &self,
        batch: &mut Batch,
        by: &Administrator,
        user: &User,
        password: &Handed,
    ) -> Result<(), Refused> {
        let rules = PasswordRules::under(&self.settings.now());
        self.passwords.set(user, password.expose(), true, &rules, batch).await?;
        self.note(batch, Action::PasswordSet, by, &user.id);
        Ok(())
    }
}

fn explained(error: UserError) -> Refused {
    match error {
        UserError::Taken(what) => Refused::rule(format!(
            "{what} is taken, looks like one that is taken, or is still reserved for its former owner; choose another, \
             or run `keyward user invite` if this person was added already"
        )),
        other => other.into(),
    }
}
