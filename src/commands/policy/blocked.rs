//! `policy.who-is-blocked`: who could not get in somewhere, seen before anybody stands there.

use std::net::IpAddr;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Sight;
use crate::commands::{Administrator, Command, Reason, Refused, Who};
use crate::foundation::Timestamp;
use crate::journey::Refusal;
use crate::journey::prospect::{Prospect, Thought, prospect};
use crate::users::{User, standing};

/// People read at a time.
const PAGE: usize = 500;
/// As many are named; of the others it is said how many they are.
const MOST: usize = 1000;
/// As many applications are tried.
const APPLICATIONS: usize = 1000;

/// The command.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhoIsBlocked {
    /// At this moment, in milliseconds since 1970; without one, now.
    pub at: Option<Timestamp>,
    /// From this address; without one, from where nothing is permitted by the network.
    pub address: Option<IpAddr>,
}

/// Who could not get in.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Blocked {
    /// People who may be served.
    pub people: usize,
    /// How many of them could not get in somewhere.
    pub count: usize,
    /// The first of those.
    pub who: Vec<BlockedPerson>,
}

/// A person who could not get in.
#[derive(Debug, Serialize, Deserialize)]
pub struct BlockedPerson {
    /// Who.
    pub username: String,
    /// Where, by `client_id`; empty for our own pages.
    pub applications: Vec<String>,
    /// Why, at the first of them.
    pub reason: String,
}

#[async_trait]
impl Command for WhoIsBlocked {
    const NAME: &'static str = "policy.who-is-blocked";
    const WHO: Who = Who::Operator;
    type Tools = Sight;
    type Answer = Blocked;

    async fn perform(self, _by: &Administrator, sight: &Sight) -> Result<Blocked, Refused> {
        let at = self.at.unwrap_or_else(|| sight.people.clock.now());
        let clients = sight.clients.list(None, APPLICATIONS).await?;
        let mut doors = vec![None];
        doors.extend(clients.into_iter().filter(|client| client.enabled).map(|client| Some(client.id)));
        let (mut blocked, mut after) = (Blocked::default(), None);
        loop {
            let page = sight.users.list(after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(blocked) };
            after = Some(last.id.clone());
            for user in page.iter().filter(|user| standing(user, at).is_ok()) {
                blocked.people += 1;
                let refusals = self.refusals(sight, user, at, &doors).await?;
                let Some((_, first)) = refusals.first() else { continue };
                blocked.count += 1;
                if blocked.who.len() < MOST {
                    let reason = first.word().to_owned();
                    let applications = refusals.into_iter().map(|(door, _)| door).collect();
                    let username = user.username.as_str().to_owned();
                    blocked.who.push(BlockedPerson { username, applications, reason });
                }
            }
        }
    }
}

impl WhoIsBlocked {
    /// Where `user` would be refused, and why.
    async fn refusals(
        &self,
        sight: &Sight,
        user: &User,
        at: Timestamp,
        doors: &[Option<crate::foundation::ids::ClientId>],
    ) -> Result<Vec<(String, Refusal)>, Refused> {
        let person = sight.people.read(user, None).await;
        let mut person =
            person.map_err(|failure| Refused::because(Reason::Failed, format!("{failure:?}")))?;
        person.standing = standing(user, at);
        let policy = &sight.settings.now().policy;
        let tried = doors.iter().filter_map(|door| {
            let application = door.as_ref();
            let address = self.address;
            let thought = Thought { at, user, person: &person, application, address, levels: &[] };
            match prospect(policy, &thought) {
                (_, Prospect::Refused(refusal)) => {
                    Some((application.map(ToString::to_string).unwrap_or_default(), refusal))
                }
                _ => None,
            }
        });
        Ok(tried.collect())
    }
}
