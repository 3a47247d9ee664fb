//! `group.add-member`, `group.remove-member`. Applications learn of it at the person's next sign-in there.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Groups;
use crate::audit::Action;
use crate::commands::user::view::Person;
use crate::commands::{Administrator, Command, Refused, Who};
use crate::storage::Batch;
use crate::users::User;

/// Puts a person into a group.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddMember {
    /// The group's name.
    pub group: String,
    /// User name or mail address.
    pub user: String,
}

/// Takes a person out of a group.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveMember {
    /// The group's name.
    pub group: String,
    /// User name or mail address.
    pub user: String,
}

#[async_trait]
impl Command for AddMember {
    const NAME: &'static str = "group.add-member";
    const WHO: Who = Who::Operator;
    type Tools = Groups;
    type Answer = Person;

    async fn perform(self, by: &Administrator, groups: &Groups) -> Result<Person, Refused> {
        let group = groups.named(&self.group).await?.name;
        let user = groups.person(&self.user).await?;
        if user.groups.contains(&group) {
            return Err(Refused::rule(format!("{} is in {:?} already", user.username.as_str(), self.group)));
        }
        let mut batch = Batch::new();
        groups.event(Action::GroupMemberAdded, by, &group).about(&user.id).write(&mut batch);
        let join = |user: &mut User| {
            user.groups.insert(group);
        };
        let added = groups.users.change(&user.id, batch, join).await?;
        Ok(Person::of(&added, groups.clock.now()))
    }
}

#[async_trait]
impl Command for RemoveMember {
    const NAME: &'static str = "group.remove-member";
    const WHO: Who = Who::Operator;
    type Tools = Groups;
    type Answer = Person;

    async fn perform(self, by: &Administrator, groups: &Groups) -> Result<Person, Refused> {
        let group = groups.named(&self.group).await?.name;
        let user = groups.person(&self.user).await?;
        if !user.groups.contains(&group) {
            return Err(Refused::rule(format!("{} is not in {:?}", user.username.as_str(), self.group)));
        }
        groups.take_out(by, &user, &group).await?;
        Ok(Person::of(&groups.person(&self.user).await?, groups.clock.now()))
    }
}

impl Groups {
    async fn person(&self, login: &str) -> Result<User, Refused> {
        Ok(crate::commands::user::named(&self.users, login).await?.value)
    }
}
