//! `group.delete`: a group that nobody is in; or everybody is taken out first, one commit a person.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Groups;
use super::list::Listed;
use crate::audit::Action;
use crate::commands::{Administrator, Command, Refused, Who};
use crate::storage::Batch;

/// The command.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delete {
    /// Its name.
    pub group: String,
    /// Take everybody out first.
    pub with_members: bool,
}

#[async_trait]
impl Command for Delete {
    const NAME: &'static str = "group.delete";
    const WHO: Who = Who::Operator;
    type Tools = Groups;
    type Answer = Listed;

    async fn perform(self, by: &Administrator, groups: &Groups) -> Result<Listed, Refused> {
        let group = groups.named(&self.group).await?;
        let members = groups.users.members(&group.name).await?;
        if !members.is_empty() && !self.with_members {
            return Err(Refused::rule(format!(
                "{} people are in {:?}; applications will take away what it gives them. Add --with-members to delete it \
                 all the same",
                members.len(),
                self.group
            )));
        }
        for member in members {
            groups.take_out(by, &member, &group.name).await?;
        }
        let mut batch = Batch::new();
        groups.event(Action::GroupDeleted, by, &group.name).write(&mut batch);
        groups.users.delete_group(&group.name, batch).await?;
        Ok(Listed::of(&group))
    }
}
