//! The audit trail: shown, exported, verified. Reading it is a right of its own, apart from administering people (R-AU-08).
//!
//! Must not: change or remove an event.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Administrator, Command, Reason, Refused, Who};
use crate::audit::search::Query;
use crate::audit::verify::Verified;
use crate::audit::{Action, Actor, Chain, Checkpoint, Event, export};
use crate::foundation::Timestamp;
use crate::foundation::ids::{ClientId, UserId};
use crate::users::Users;

/// Most events of one answer.
const MOST: usize = 1000;

/// What these commands work with.
#[derive(Debug, Clone)]
pub struct Records {
    /// The trail.
    pub chain: Chain,
    /// The names of those it tells of.
    pub users: Users,
}

/// `audit.show`: the newest events that fit, the newest first. What is absent does not matter.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Show {
    /// Of this person: user name, mail address, or the id of somebody who was deleted.
    pub person: Option<String>,
    /// Of this application: its `client_id`.
    pub application: Option<ClientId>,
    /// From this address, or from its /64.
    pub address: Option<std::net::IpAddr>,
    /// Of this kind.
    pub action: Option<Action>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// At most so many; 1,000 at once.
    pub limit: usize,
}

/// Some events.
#[derive(Debug, Serialize, Deserialize)]
pub struct Shown {
    /// The events.
    pub events: Vec<Event>,
    /// The user names of the people in them, as far as these still exist.
    pub names: BTreeMap<UserId, String>,
}

/// `audit.export`: the whole trail as JSON lines, a page at a time.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// The `next` of the page before; absent for the first.
    pub from: Option<String>,
}

/// `audit.verify`: reads every event and every link.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verify {
    /// A checkpoint from the log or an earlier verification: with it a tail that was cut off is noticed too.
    pub checkpoint: Option<String>,
}

#[async_trait]
impl Command for Show {
    const NAME: &'static str = "audit.show";
    const WHO: Who = Who::Operator;
    type Tools = Records;
    type Answer = Shown;

    async fn perform(self, by: &Administrator, records: &Records) -> Result<Shown, Refused> {
        let person = match self.person {
            None => None,
            Some(name) => {
                let found = records.users.resolve(&name).await?;
                Some(found.unwrap_or_else(|| UserId::from_text(name)))
            }
        };
        let Self { application, address, action, since, until, limit, .. } = self;
        let query = Query { person, application, address, action, since, until };
        let events = records.chain.show(&query, limit.min(MOST), &by.actor()).await?;
        Ok(Shown { names: records.names(&events).await?, events })
    }
}

#[async_trait]
impl Command for Export {
    const NAME: &'static str = "audit.export";
    const WHO: Who = Who::Operator;
    type Tools = Records;
    type Answer = export::Page;

    async fn perform(self, by: &Administrator, records: &Records) -> Result<export::Page, Refused> {
        Ok(records.chain.export(self.from.as_deref(), MOST, &by.actor()).await?)
    }
}

#[async_trait]
impl Command for Verify {
    const NAME: &'static str = "audit.verify";
    const WHO: Who = Who::Operator;
    type Tools = Records;
    type Answer = Verified;

    async fn perform(self, _by: &Administrator, records: &Records) -> Result<Verified, Refused> {
        let kept = self.checkpoint.map(|text| Checkpoint::parse(&text).ok_or(text)).transpose();
        let kept = kept.map_err(|text| {
            let right = "copy the whole word that begins with keyward-audit-1:";
            Refused::because(Reason::Malformed, format!("{text:?} is no checkpoint; {right}"))
        })?;
        Ok(records.chain.verify(kept.as_ref()).await?)
    }
}

impl Records {
    async fn names(&self, events: &[Event]) -> Result<BTreeMap<UserId, String>, Refused> {
        let mut names = BTreeMap::new();
        for event in events {
            let actor = match &event.actor {
                Actor::User(user) => Some(user),
                _ => None,
            };
            for id in event.subject.iter().chain(actor) {
                if !names.contains_key(id)
                    && let Some(user) = self.users.by_id(id).await?
                {
                    names.insert(id.clone(), user.value.username.as_str().to_owned());
                }
            }
        }
        Ok(names)
    }
}
