//! `user.show`: all that may be known of one person; never a secret.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::People;
use super::view::{EnrolledFactor, Person};
use crate::commands::{Administrator, Command, Reason, Refused, Who};
use crate::factors::Enrolled;
use crate::foundation::Timestamp;

/// The command.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Show {
    /// User name or mail address.
    pub user: String,
}

/// One person.
#[derive(Debug, Serialize, Deserialize)]
pub struct Shown {
    /// As in lists.
    #[serde(flatten)]
    pub person: Person,
    /// Whether a password is set.
    pub password: bool,
    /// What is enrolled besides.
    pub factors: Vec<EnrolledFactor>,
    /// Live sessions.
    pub sessions: usize,
    /// Whether the person administers.
    pub administrator: bool,
}

#[async_trait]
impl Command for Show {
    const NAME: &'static str = "user.show";
    const WHO: Who = Who::Operator;
    type Tools = People;
    type Answer = Shown;

    async fn perform(self, _by: &Administrator, people: &People) -> Result<Shown, Refused> {
        let user = people.named(&self.user).await?.value;
        let enrolled = people.factors.enrolled(&user.id).await;
        let enrolled = enrolled.map_err(|error| Refused::because(Reason::Failed, error.to_string()))?;
        Ok(Shown {
            person: Person::of(&user, people.clock.now()),
            password: people.passwords.exists(&user.id).await?,
            factors: enrolled.into_iter().map(shown).collect(),
            sessions: people.sessions.of_user(&user.id).await?.len(),
            administrator: people.users.administrators().await?.contains(&user.id),
        })
    }
}

fn shown(enrolled: Enrolled) -> EnrolledFactor {
    EnrolledFactor {
        kind: enrolled.kind,
        name: enrolled.name,
        enrolled_at: enrolled.enrolled_at.rfc3339(),
        last_used: enrolled.last_used.map(Timestamp::rfc3339),
        remaining: enrolled.remaining,
    }
}
