//! `user.list`: people, a page at a time.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::People;
use super::view::Person;
use crate::commands::{Administrator, Command, Refused, Who};
use crate::foundation::ids::UserId;

/// People in a page.
const PAGE: usize = 1000;

/// The command.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// The last person of the page before; absent for the first page.
    pub after: Option<UserId>,
    /// Only who is in this group.
    pub group: Option<String>,
}

/// A page, ordered by identifier.
#[derive(Debug, Serialize, Deserialize)]
pub struct Page {
    /// The people.
    pub people: Vec<Person>,
    /// Where the next page begins; absent after the last.
    pub next: Option<UserId>,
}

#[async_trait]
impl Command for List {
    const NAME: &'static str = "user.list";
    const WHO: Who = Who::Operator;
    type Tools = People;
    type Answer = Page;

    async fn perform(self, _by: &Administrator, people: &People) -> Result<Page, Refused> {
        let now = people.clock.now();
        let page = people.users.list(self.after.as_ref(), PAGE).await?;
        let next = page.last().filter(|_| page.len() == PAGE).map(|user| user.id.clone());
        let wanted = |person: &Person| self.group.as_ref().is_none_or(|group| person.groups.contains(group));
        let people = page.iter().map(|user| Person::of(user, now)).filter(wanted).collect();
        Ok(Page { people, next })
    }
}
