//! `group.show`: a group and everybody in it.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Groups;
use super::list::Listed;
use crate::commands::user::view::Person;
use crate::commands::{Administrator, Command, Refused, Who};

/// The command.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Show {
    /// Its name.
    pub group: String,
}

/// A group with its members.
#[derive(Debug, Serialize, Deserialize)]
pub struct Shown {
    /// As in lists.
    #[serde(flatten)]
    pub group: Listed,
    /// Who is in it.
    pub members: Vec<Person>,
}

#[async_trait]
impl Command for Show {
    const NAME: &'static str = "group.show";
    const WHO: Who = Who::Operator;
    type Tools = Groups;
    type Answer = Shown;

    async fn perform(self, _by: &Administrator, groups: &Groups) -> Result<Shown, Refused> {
        let group = groups.named(&self.group).await?;
        let now = groups.clock.now();
        let members = groups.users.members(&group.name).await?;
        Ok(Shown {
            group: Listed::of(&group),
            members: members.iter().map(|user| Person::of(user, now)).collect(),
        })
    }
}
