//! `user.access-code`: a temporary code for somebody who has lost every factor (R-RC-08, security requirements 4.9).

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::People;
use crate::commands::{Administrator, Command, Handed, Refused, Who};
use crate::storage::Batch;

/// A reason has at least so many characters: a number of a ticket, say.
const SHORTEST_REASON: usize = 4;
/// And at most so many.
const LONGEST_REASON: usize = 200;

/// Gives out a code, good once and for an hour. Make sure first that the caller is who they say.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessCode {
    /// User name or mail address.
    pub user: String,
    /// Why, and the number of the ticket; it stands in the audit trail.
    pub reason: String,
}

/// The code, to be told to the person and to nobody else.
#[derive(Debug, Serialize, Deserialize)]
pub struct GivenOut {
    /// For whom.
    pub username: String,
    /// The code.
    pub code: Handed,
}

#[async_trait]
impl Command for AccessCode {
    const NAME: &'static str = "user.access-code";
    const WHO: Who = Who::Operator;
    type Tools = People;
    type Answer = GivenOut;

    async fn perform(self, by: &Administrator, people: &People) -> Result<GivenOut, Refused> {
        let user = people.served(&self.user).await?;
        let username = user.username.as_str().to_owned();
        let reason = self.reason.trim();
        if !(SHORTEST_REASON..=LONGEST_REASON).contains(&reason.chars().count()) {
            return Err(Refused::rule(
                "write a reason of 4 to 200 characters, such as the number of a ticket",
            ));
        }
        if !people.passwords.exists(&user.id).await? {
            return Err(Refused::rule(format!(
                "{username} has not set a password yet; make a link for both with: keyward user invite {username}"
            )));
        }
        let mut batch = Batch::new();
        let code = people.access_codes.issue_into(&mut batch, &user.id, reason, by.actor()).await?;
        people.commit(batch).await?;
        Ok(GivenOut { username, code: Handed::new(code.expose()) })
    }
}
