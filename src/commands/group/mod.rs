//! Groups, and who is in them.

pub mod add;
pub mod delete;
pub mod list;
pub mod member;
pub mod show;

use std::sync::Arc;

pub use add::Add;
pub use delete::Delete;
pub use list::List;
pub use member::{AddMember, RemoveMember};
pub use show::Show;

use super::{Administrator, Refused};
use crate::audit::trail::Draft;
use crate::audit::{Action, Origin, Outcome, Trail};
use crate::foundation::Clock;
use crate::storage::Batch;
use crate::users::profile::Text;
use crate::users::{Group, User, UserError, Users};

/// What commands about groups work with.
#[derive(Debug, Clone)]
pub struct Groups {
    /// People and groups.
    pub users: Users,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where events go.
    pub trail: Trail,
}

impl Groups {
    /// The group called so, in exactly these letters: applications tell them apart.
    async fn named(&self, name: &str) -> Result<Group, Refused> {
        let text = Text::new(name).map_err(|error| Refused::rule(format!("the group's name: {error}")))?;
        match self.users.group(&text).await? {
            Some(group) if group.name == text => Ok(group),
            Some(group) => Err(Refused::absent(format!(
                "there is no group {name:?}, but there is {:?}; write it so",
                group.name.as_str()
            ))),
            None => Err(Refused::absent(format!("there is no group {name:?}"))),
        }
    }

    /// Takes a person out of a group.
    async fn take_out(&self, by: &Administrator, user: &User, group: &Text) -> Result<(), UserError> {
        let mut batch = Batch::new();
        self.event(Action::GroupMemberRemoved, by, group).about(&user.id).write(&mut batch);
        let leave = |user: &mut User| {
            user.groups.remove(group);
        };
        self.users.change(&user.id, batch, leave).await.map(|_| ())
    }

    fn event(&self, action: Action, by: &Administrator, group: &Text) -> Draft<'_> {
        let event = self.trail.event(action, Outcome::Success, &Origin::default());
        event.by(by.actor()).group(group.as_str())
    }
}
