//! Who administers: one record with the ids of those people, so that the last of them is never lost, even where two
//! administrators are locked out at the same moment (R-AD-12).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{UserError, Users, standing};
use crate::foundation::ids::UserId;
use crate::storage::{Batch, Key, Record, StorageError, Stored};

/// Their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Administrators {
    /// Who.
    pub people: BTreeSet<UserId>,
}

impl Record for Administrators {}

fn key() -> Key {
    Key::new("administrators", &[])
}

impl Users {
    /// Who administers.
    pub async fn administrators(&self) -> Result<BTreeSet<UserId>, StorageError> {
        Ok(self.read_administrators().await?.map(|read| read.value.people).unwrap_or_default())
    }

    /// Adds to `batch` that `user` administers.
    pub async fn make_administrator(&self, batch: &mut Batch, user: &UserId) -> Result<(), StorageError> {
        let read = self.read_administrators().await?;
        let mut administrators = read.as_ref().map(|read| read.value.clone()).unwrap_or_default();
        administrators.people.insert(user.clone());
        put(batch, read.as_ref(), &administrators);
        Ok(())
    }

    /// Adds to `batch` the condition that nobody administers yet. Once somebody does, that stays so (R-AD-12).
    pub(crate) fn require_no_administrator(&self, batch: &mut Batch) {
        batch.require_absent(key());
    }

    /// Adds to `batch`, where `user` administers, that somebody else who may sign in does too. `forget` takes `user` from
    /// the record.
    pub(crate) async fn leave_an_administrator(
        &self,
        batch: &mut Batch,
        user: &UserId,
        forget: bool,
    ) -> Result<(), UserError> {
        let Some(read) = self.read_administrators().await? else { return Ok(()) };
        let mut administrators = read.value.clone();
        if !administrators.people.contains(user) {
            return Ok(());
        }
        if !self.another_serves(&administrators, user).await? {
            return Err(UserError::LastAdministrator);
        }
        if forget {
            administrators.people.remove(user);
        }
        // Written even where nothing changes: of two such changes at one moment, the second sees the first.
        put(batch, Some(&read), &administrators);
        Ok(())
    }

    async fn another_serves(
        &self,
        administrators: &Administrators,
        user: &UserId,
    ) -> Result<bool, StorageError> {
        for id in administrators.people.iter().filter(|id| *id != user) {
            let other = self.by_id(id).await?;
            if other.is_some_and(|other| standing(&other.value, self.clock.now()).is_ok()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn read_administrators(&self) -> Result<Option<Stored<Administrators>>, StorageError> {
        self.store.fetch(&key()).await
    }
}

fn put(batch: &mut Batch, read: Option<&Stored<Administrators>>, administrators: &Administrators) {
    match read {
        Some(read) => batch.require_revision(key(), read.revision),
        None => batch.require_absent(key()),
    };
    batch.put(key(), administrators, None);
}
