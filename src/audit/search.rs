//! Finds events, the newest first: by person, application and address through keys with inverted times, otherwise through
//! the blocks from the head backwards.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::block::Block;
use super::chain::{Chain, named};
use super::event::{Action, Actor, Event, Outcome};
use super::linking::Waiting;
use super::trail::{self, digits};
use crate::foundation::ids::{ClientId, EventId, UserId};
use crate::foundation::{AddressClass, Timestamp};
use crate::storage::{Batch, Key, StorageError};

/// The end of time, as far as inverted times know.
const END: i64 = 9_999_999_999_999_999;
const PAGE: usize = 100;

/// Which events are wanted; what is absent does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Query {
    /// Done by this person, or concerning them.
    pub person: Option<UserId>,
    /// Done by this application, or concerning it.
    pub application: Option<ClientId>,
    /// From this address, or from its /64.
    pub address: Option<IpAddr>,
    /// Of this kind.
    pub action: Option<Action>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}

impl Query {
    fn fits(&self, event: &Event) -> bool {
        let class = |address| AddressClass::of(Some(address));
        let from = event.origin.address.map(class);
        self.person.as_ref().is_none_or(|person| persons(event).any(|one| one == person))
            && self.application.as_ref().is_none_or(|client| applications(event).any(|one| one == client))
            && self.address.is_none_or(|address| from == Some(class(address)))
            && self.action.is_none_or(|action| event.action == action)
            && self.since.is_none_or(|since| event.at >= since)
            && self.until.is_none_or(|until| event.at < until)
    }

    /// The search key's beginning that helps most.
    fn index(&self) -> Option<Key> {
        let prefix = |kind, id: &str| Key::prefix("audit", &[kind, id]);
        let person = self.person.as_ref().map(|person| prefix("person", person.as_str()));
        let application = || self.application.as_ref().map(|client| prefix("application", client.as_str()));
        let address =
            || self.address.map(|address| prefix("address", AddressClass::of(Some(address)).as_str()));
        person.or_else(application).or_else(address)
    }
}

fn persons(event: &Event) -> impl Iterator<Item = &UserId> {
    let actor = match &event.actor {
        Actor::User(user) => Some(user),
        _ => None,
    };
    event.subject.iter().chain(actor.filter(|actor| Some(*actor) != event.subject.as_ref()))
}

fn applications(event: &Event) -> impl Iterator<Item = &ClientId> {
    let actor = match &event.actor {
        Actor::Client(client) => Some(client),
        _ => None,
    };
    event.client.iter().chain(actor.filter(|actor| Some(*actor) != event.client.as_ref()))
}

/// Under which keys `event` is found.
pub(super) fn search_keys(event: &Event) -> Vec<Key> {
    let inverted = digits(Timestamp(END.saturating_sub(event.at.0)));
    let key = |kind, id: &str| Key::new("audit", &[kind, id, &inverted, event.id.as_str()]);
    let persons = persons(event).map(|person| key("person", person.as_str()));
    let applications = applications(event).map(|client| key("application", client.as_str()));
    let class = event.origin.address.map(|address| AddressClass::of(Some(address)));
    let addresses = class.iter().map(|class| key("address", class.as_str()));
    persons.chain(applications).chain(addresses).collect()
}

/// Below these stand the search keys.
pub(super) fn indexes() -> [Key; 3] {
    ["person", "application", "address"].map(|kind| Key::prefix("audit", &[kind]))
}

/// The event that a search key names.
pub(super) fn found_by(key: &Key) -> Option<(Timestamp, EventId)> {
    named(key).map(|(inverted, id)| (Timestamp(END.saturating_sub(inverted.0)), id))
}

impl Chain {
    /// The newest events that fit `query`, at most `limit`, the newest first. That somebody looked is an event itself, which
    /// is written first (R-AU-01).
    pub async fn show(&self, query: &Query, limit: usize, by: &Actor) -> Result<Vec<Event>, StorageError> {
        self.note_reading(by).await?;
        self.find(query, limit).await
    }

    /// What happened to `person` lately: the newest events that `shown` lets through, at most `limit`, for the person's own eyes.
    /// Only the newest thousand are looked at.
    pub async fn of_person(
        &self,
        person: &UserId,
        since: Timestamp,
        shown: fn(&Event) -> bool,
        limit: usize,
    ) -> Result<Vec<Event>, StorageError> {
        let query = Query { person: Some(person.clone()), since: Some(since), ..Query::default() };
        let found = self.find(&query, 1000).await?.into_iter();
        let own = found.filter(|event| event.subject.as_ref().is_none_or(|subject| subject == person));
        Ok(own.filter(shown).take(limit).collect())
    }

    pub(super) async fn find(&self, query: &Query, limit: usize) -> Result<Vec<Event>, StorageError> {
        let mut found = self.still_unlinked(query).await?;
        match query.index() {
            Some(index) => self.by_index(&index, query, limit, &mut found).await?,
            None => self.by_blocks(query, limit, &mut found).await?,
        }
        found.sort_by(|one, other| (other.at, &other.id).cmp(&(one.at, &one.id)));
        // Linked while we looked.
        found.dedup_by(|one, other| one.id == other.id);
        found.truncate(limit);
        Ok(found)
    }

    pub(super) async fn note_reading(&self, by: &Actor) -> Result<(), StorageError> {
        let mut batch = Batch::new();
        let event = self.trail.event(Action::TrailRead, Outcome::Success, &Default::default());
        event.by(by.clone()).write(&mut batch);
        self.store.commit(batch).await.map(|_| ())
    }

    async fn still_unlinked(&self, query: &Query) -> Result<Vec<Event>, StorageError> {
        let markers = self.store.scan(&trail::unlinked(), None, 1000).await?;
        let found = self.judge(markers).await?.into_iter().filter_map(|(_, waiting)| match waiting {
            Waiting::Event(_, event) => Some(*event),
            _ => None,
        });
        Ok(found.filter(|event| query.fits(event)).collect())
    }

    async fn by_index(
        &self,
        index: &Key,
        query: &Query,
        limit: usize,
        found: &mut Vec<Event>,
    ) -> Result<(), StorageError> {
        let mut after: Option<Key> = None;
        let enough = found.len().saturating_add(limit);
        while found.len() < enough {
            let page = self.store.scan(index, after.as_ref(), PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = Some(last.clone());
            let names = page.iter().filter_map(|(key, _)| found_by(key));
            let (old, names): (Vec<_>, Vec<_>) =
                names.partition(|(at, _)| query.since.is_some_and(|since| *at < since));
            let keys: Vec<_> = names.iter().map(|(at, id)| trail::event_key(*at, id)).collect();
            found.extend(self.events(&keys).await?.into_iter().filter(|event| query.fits(event)));
            if !old.is_empty() {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn by_blocks(
        &self,
        query: &Query,
        limit: usize,
        found: &mut Vec<Event>,
    ) -> Result<(), StorageError> {
        let enough = found.len().saturating_add(limit);
        let newest = self.newest().await?.map_or(0, |head| head.number);
        for number in (1..=newest).rev() {
            let Some(block) = self.store.fetch::<Block>(&Block::key(number)).await? else { return Ok(()) };
            let keys: Vec<_> = block.value.entries.iter().map(super::block::Entry::event_key).collect();
            found.extend(self.events(&keys).await?.into_iter().filter(|event| query.fits(event)));
            // No event is younger than its block.
            let all_older = query.since.is_some_and(|since| block.value.at < since);
            if all_older || found.len() >= enough {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The events at these keys, without those that are gone or cannot be read: the verification names them.
    pub(super) async fn events(&self, keys: &[Key]) -> Result<Vec<Event>, StorageError> {
        let found = self.records(keys).await?.into_iter().flatten().flatten();
        Ok(found.filter_map(|raw| raw.decode::<Event>().ok()).map(|stored| stored.value).collect())
    }
}
