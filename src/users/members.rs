//! Who is in a group, and the end of one. Membership stands in the person's record, so a group is deleted only while nobody
//! is in it nor joins at that moment: a name left in a record would come alive again with the next group of that name.

use std::collections::BTreeMap;

use super::profile::Text;
use super::{User, UserError, Users, group};
use crate::foundation::ids::UserId;
use crate::storage::{Batch, StorageError};

/// People read at once when everybody is looked through.
const PAGE: usize = 500;

impl Users {
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

    /// How many people are in each of `groups`, and in `batch` the condition that nobody is put into a group meanwhile.
    /// Looks through all people.
    pub async fn count_members(
        &self,
        groups: impl IntoIterator<Item = Text> + Send,
        batch: &mut Batch,
    ) -> Result<BTreeMap<Text, usize>, StorageError> {
        let mut counts: BTreeMap<Text, usize> = groups.into_iter().map(|name| (name, 0)).collect();
        if counts.is_empty() {
            return Ok(counts);
        }
        match self.store.get_one(&group::joined_key()).await? {
            Some(joined) => batch.require_revision(group::joined_key(), joined.revision),
            None => batch.require_absent(group::joined_key()),
        };
        let mut after: Option<UserId> = None;
        loop {
            let page = self.list(after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(counts) };
            after = Some(last.id.clone());
            for name in page.iter().flat_map(|user| &user.groups) {
                if let Some(count) = counts.get_mut(name) {
                    *count += 1;
                }
            }
        }
    }

    /// Deletes a group that nobody is in.
    pub async fn delete_group(&self, name: &Text, with: Batch) -> Result<(), UserError> {
        let generation = self.generations.current().await?;
        let key = generation.key(group::KIND, &group::id(name));
        let mut batch = Batch::new();
        generation.change(&mut batch);
        let members = self.count_members([name.clone()], &mut batch).await?;
        if members.values().any(|count| *count > 0) {
            return Err(UserError::NotEmpty);
        }
        batch.require_present(key.clone()).delete(key);
        self.commit(batch, with).await
    }
}
