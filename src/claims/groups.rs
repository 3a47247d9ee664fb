//! The `groups` claim: complete or absent (R-ID-07), filtered by the client's list (R-ID-08).

use serde_json::{Value, json};

use super::Withheld;
use crate::clients::Client;
use crate::users::User;

/// More groups than this are refused, not cut (R-ID-09).
pub const MOST_GROUPS: usize = 500;

/// The person's groups as `client` may see them. `None` where the list is empty and the client may not get an empty one:
/// a native Atlassian client would then remove the person from every group, while it stops at a missing claim.
pub fn claim(user: &User, client: &Client) -> Result<Option<Value>, Withheld> {
    let allowed =
        |group: &str| client.allowed_groups.as_ref().is_none_or(|list| list.iter().any(|name| name == group));
    let groups: Vec<_> =
        user.groups.iter().map(|group| group.as_str()).filter(|group| allowed(group)).collect();
    if groups.len() > MOST_GROUPS {
        return Err(Withheld::TooManyGroups(groups.len()));
    }
    let may_send = !groups.is_empty() || client.empty_groups_allowed;
    Ok(may_send.then(|| json!(groups)))
}
