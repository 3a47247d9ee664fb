//! `user.lock`, `user.unlock`, `user.delete`, `user.reset-factor`: `lifecycle` does what hangs on them.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::People;
use super::invite::Invited;
use super::view::Person;
use crate::commands::{Administrator, Command, Refused, Who};
use crate::foundation::ids::UserId;
use crate::storage::Batch;

/// Locks a person out: sessions, open sign-ins, tokens and links end at once.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// User name or mail address.
    pub user: String,
}

/// Lets a person who was locked or disabled sign in again.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unlock {
    /// User name or mail address.
    pub user: String,
}

/// Deletes a person. User name and mail address stay reserved for a year (R-ID-04).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delete {
    /// User name or mail address.
    pub user: String,
}

/// Takes all second factors away, and answers a one-time link to enrol a new one (R-RC-08).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResetFactor {
    /// User name or mail address.
    pub user: String,
}

/// Somebody was deleted.
#[derive(Debug, Serialize, Deserialize)]
pub struct Deleted {
    /// Who it was.
    pub id: UserId,
    /// The user name, reserved for a year.
    pub username: String,
}

#[async_trait]
impl Command for Lock {
    const NAME: &'static str = "user.lock";
    const WHO: Who = Who::Operator;
    type Tools = People;
    type Answer = Person;

    async fn perform(self, by: &Administrator, people: &People) -> Result<Person, Refused> {
        let user = people.named(&self.user).await?.value;
        let locked = people.lifecycle.lock(&user.id, by.actor()).await?;
        Ok(Person::of(&locked, people.clock.now()))
    }
}

#[async_trait]
impl Command for Unlock {
    const NAME: &'static str = "user.unlock";
    const WHO: Who = Who::Operator;
    type Tools = People;
    type Answer = Person;

    async fn perform(self, by: &Administrator, people: &People) -> Result<Person, Refused> {
        let user = people.named(&self.user).await?.value;
        let unlocked = people.lifecycle.unlock(&user.id, by.actor()).await?;
        Ok(Person::of(&unlocked, people.clock.now()))
    }
}

#[async_trait]
impl Command for Delete {
    const NAME: &'static str = "user.delete";
    const WHO: Who = Who::Operator;
    type Tools = People;
    type Answer = Deleted;

    async fn perform(self, by: &Administrator, people: &People) -> Result<Deleted, Refused> {
        let user = people.named(&self.user).await?.value;
        people.lifecycle.delete(&user.id, by.actor()).await?;
        Ok(Deleted { username: user.username.as_str().to_owned(), id: user.id })
    }
}

#[async_trait]
impl Command for ResetFactor {
    const NAME: &'static str = "user.reset-factor";
    const WHO: Who = Who::Operator;
    type Tools = People;
    type Answer = Invited;

    async fn perform(self, by: &Administrator, people: &People) -> Result<Invited, Refused> {
        let user = people.served(&self.user).await?;
        let username = user.username.as_str().to_owned();
        if !people.passwords.exists(&user.id).await? {
            return Err(Refused::rule(format!(
                "{username} has not set a password yet; make a link for both with: keyward user invite {username}"
            )));
        }
        let mut batch = Batch::new();
        let resetting = people.lifecycle.reset_factors(&mut batch, &user.id, &people.invitations, by.actor());
        let invitation = resetting.await?;
        let mailed = people.invitations.mail(&mut batch, &user, &invitation).await?;
        people.commit(batch).await?;
        Ok(Invited { username, link: people.address_of(&invitation), mailed })
    }
}
