//! People as administrators see them. Field names are stable: scripts read them.

use serde::{Deserialize, Serialize};

use crate::factors::FactorKind;
use crate::foundation::Timestamp;
use crate::foundation::ids::UserId;
use crate::users::{Reason, State, User, standing};

/// One line of a list of people.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Person {
    /// The identifier, `sub` of every token.
    pub id: UserId,
    /// The user name.
    pub username: String,
    /// The full name.
    pub name: Option<String>,
    /// The mail address.
    pub email: Option<String>,
    /// `active`, `locked`, `disabled` or `expired`.
    pub state: String,
    /// The groups.
    pub groups: Vec<String>,
    /// When the record was made, and last changed (RFC 3339).
    pub created_at: String,
    /// See `created_at`.
    pub updated_at: String,
}

/// One enrolled factor.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EnrolledFactor {
    /// `totp`, `passkey` or `recovery_code`.
    pub kind: FactorKind,
    /// The name its owner gave it.
    pub name: String,
    /// When (RFC 3339).
    pub enrolled_at: String,
    /// When it was last used (RFC 3339), where that is remembered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_used: Option<String>,
    /// How often it can still be used, where there is an end.
    pub remaining: Option<usize>,
}

impl Person {
    /// `user` at `now`.
    pub fn of(user: &User, now: Timestamp) -> Self {
        Self {
            id: user.id.clone(),
            username: user.username.as_str().to_owned(),
            name: user.profile.name.as_ref().map(|name| name.as_str().to_owned()),
            email: user.profile.mail.as_ref().map(|mail| mail.address.as_str().to_owned()),
            state: state(user, now).to_owned(),
            groups: user.groups.iter().map(|group| group.as_str().to_owned()).collect(),
            created_at: user.created_at.rfc3339(),
            updated_at: user.updated_at.rfc3339(),
        }
    }
}

fn state(user: &User, now: Timestamp) -> &'static str {
    match (standing(user, now), user.state) {
        (Ok(()), _) => "active",
        (Err(Reason::Expired), _) => "expired",
        (_, State::Locked) => "locked",
        _ => "disabled",
    }
}
