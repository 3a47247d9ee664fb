//! `group.add`: a new group.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Groups;
use super::list::Listed;
use crate::audit::Action;
use crate::commands::{Administrator, Command, Refused, Who};
use crate::storage::Batch;
use crate::users::profile::Text;

/// The command.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Add {
    /// Its name, as applications see it.
    pub name: Text,
    /// What it is for.
    pub description: Option<Text>,
}

#[async_trait]
impl Command for Add {
    const NAME: &'static str = "group.add";
    const WHO: Who = Who::Operator;
    type Tools = Groups;
    type Answer = Listed;

    async fn perform(self, by: &Administrator, groups: &Groups) -> Result<Listed, Refused> {
        let mut batch = Batch::new();
        groups.event(Action::GroupCreated, by, &self.name).write(&mut batch);
        let group = groups.users.create_group(self.name, self.description, batch).await?;
        Ok(Listed::of(&group))
    }
}
