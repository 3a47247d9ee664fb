//! Groups: named sets of people. Who is in one stands in the person's record, so whoever joins counts on a counter of the
//! group: a group is deleted only while nobody is in it, and no name of a deleted one stays in a record to come alive again
//! with the next group of that name.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::normal_form::NormalName;
use super::profile::Text;
use super::{User, UserError, Users};
use crate::foundation::Timestamp;
use crate::foundation::ids::UserId;
use crate::storage::{Batch, Key, Record, StorageError};

/// People read at once when everybody is looked through.
const PAGE: usize = 500;

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its name, as applications see it.
    pub name: Text,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<Text>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Record for Group {}

/// Where the group named `name` stands: under its normal form, so that case does not make two of one.
fn key(name: &Text) -> Key {
    Key::new("group", &[&normal(name)])
}

/// How often somebody joined it.
fn joins_key(name: &Text) -> Key {
    Key::new("group_joins", &[&normal(name)])
}

fn normal(name: &Text) -> String {
    NormalName::of(name.as_str())
        .map_or_else(|| name.as_str().to_owned(), |normal| normal.as_str().to_owned())
}

impl Users {
    /// Creates a group. A group of that name in any case must not exist.
    pub async fn create_group(
        &self,
        name: Text,
        about: Option<Text>,
        with: Batch,
    ) -> Result<Group, UserError> {
        let group = Group { name, description: about, created_at: self.clock.now() };
        let key = key(&group.name);
        let mut batch = Batch::new();
        batch.require_absent(key.clone()).put(key.clone(), &group, None);
        match self.commit(batch, with).await {
            Err(UserError::Conflict) if self.store.fetch::<Group>(&key).await?.is_some() => {
                Err(UserError::Taken("the group name"))
            }
            other => other.map(|()| group),
        }
    }

    /// The group of that name.
    pub async fn group(&self, name: &Text) -> Result<Option<Group>, StorageError> {
        Ok(self.store.fetch::<Group>(&key(name)).await?.map(|stored| stored.value))
    }

    /// Groups by name, at most `limit`.
    pub async fn groups(&self, limit: usize) -> Result<Vec<Group>, StorageError> {
        let found = self.store.scan(&Key::prefix("group", &[]), None, limit).await?;
        found.into_iter().map(|(_, raw)| Ok(raw.decode::<Group>()?.value)).collect()
    }

    /// Everybody in the group, in the order of their ids. Looks through all people.
    pub async fn members(&self, group: &Text) -> Result<Vec<User>, StorageError> {
        let mut members = Vec::new();
        let mut after: Option<UserId> = None;
        loop {
            let page = self.list(after.as_ref(), PAGE).await?;
            let full = page.len() == PAGE;
            after = page.last().map(|user| user.id.clone());
            members.extend(page.into_iter().filter(|user| user.groups.contains(group)));
            if !full {
                return Ok(members);
            }
        }
    }

    /// Deletes a group that nobody is in, nor joins at the same moment.
    pub async fn delete_group(&self, name: &Text, with: Batch) -> Result<(), UserError> {
        let joins = self.store.counter(&joins_key(name)).await?;
        if !self.members(name).await?.is_empty() {
            return Err(UserError::NotEmpty);
        }
        let mut batch = Batch::new();
        batch.require_present(key(name)).require_counter_below(joins_key(name), joins.saturating_add(1));
        batch.delete(key(name)).delete(joins_key(name));
        self.commit(batch, with).await
    }

    /// Adds to `batch` that somebody joins these groups, which must exist, written exactly so.
    pub(super) async fn join(&self, groups: &BTreeSet<Text>, batch: &mut Batch) -> Result<(), UserError> {
        for name in groups {
            let Some(group) = self.group(name).await? else {
                return Err(UserError::UnknownGroup(name.as_str().to_owned()));
            };
            if group.name != *name {
                return Err(UserError::invalid("groups", "must be written exactly as the group's name"));
            }
            batch.require_present(key(name)).add(joins_key(name), 1, None);
        }
        Ok(())
    }
}
