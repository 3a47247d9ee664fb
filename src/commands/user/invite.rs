//! `user.invite`: a fresh one-time link; older ones stop working, and what was proved before no longer counts.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::People;
use crate::commands::{Administrator, Command, Handed, Refused, Who};
use crate::storage::Batch;

/// The command.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invite {
    /// User name or mail address.
    pub user: String,
}

/// A one-time link for somebody.
#[derive(Debug, Serialize, Deserialize)]
pub struct Invited {
    /// The user name.
    pub username: String,
    /// The link, shown this once.
    pub link: Handed,
    /// The address to which it goes by mail as well.
    pub mailed: Option<String>,
}

#[async_trait]
impl Command for Invite {
    const NAME: &'static str = "user.invite";
    const WHO: Who = Who::Operator;
    type Tools = People;
    type Answer = Invited;

    async fn perform(self, _by: &Administrator, people: &People) -> Result<Invited, Refused> {
        let user = people.served(&self.user).await?;
        let mut batch = Batch::new();
        let (link, mailed) = people.link(&mut batch, &user).await?;
        people.commit(batch).await?;
        Ok(Invited { username: user.username.as_str().to_owned(), link, mailed })
    }
}
