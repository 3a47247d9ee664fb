//! `group.list`: all groups.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Groups;
use crate::commands::{Administrator, Command, Refused, Who};
use crate::users::Group;

/// More groups than this are not listed.
const MOST: usize = 10_000;

/// The command.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {}

/// One group. Field names are stable: scripts read them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// When it was made (RFC 3339).
    pub created_at: String,
}

impl Listed {
    pub(super) fn of(group: &Group) -> Self {
        Self {
            name: group.name.as_str().to_owned(),
            description: group.description.as_ref().map(|about| about.as_str().to_owned()),
            created_at: group.created_at.rfc3339(),
        }
    }
}

#[async_trait]
impl Command for List {
    const NAME: &'static str = "group.list";
    const WHO: Who = Who::Operator;
    type Tools = Groups;
    type Answer = Vec<Listed>;

    async fn perform(self, _by: &Administrator, groups: &Groups) -> Result<Vec<Listed>, Refused> {
        Ok(groups.users.groups(MOST).await?.iter().map(Listed::of).collect())
    }
}
