//! The record of a person, and whether that person may be served at all.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::epoch::Epoch;
use super::profile::{LanguageTag, Profile, Text, Username};
use crate::foundation::Timestamp;
use crate::foundation::ids::UserId;
use crate::storage::Record;

/// What an administrator, or time, made of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// May sign in.
    Active,
    /// Switched off by an administrator.
    Disabled,
    /// Locked by an administrator or by an alarm, until unlocked. Not the short lock after wrong passwords.
    Locked,
}

/// A person as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The random identifier, also the `sub` of every token (R-ID-01).
    pub id: UserId,
    /// The name to sign in with (`preferred_username`).
    pub username: Username,
    /// What was made of the person.
    pub state: State,
    /// The last moment at which the person may be served.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub valid_until: Option<Timestamp>,
    /// The language of pages and mail.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub language: Option<LanguageTag>,
    /// The groups the person is in, by name.
    pub groups: BTreeSet<Text>,
    /// The standard claims.
    pub profile: Profile,
    /// Rises whenever what was proved before loses its worth.
    pub epoch: Epoch,
    /// When the record was made.
    pub created_at: Timestamp,
    /// When it was last changed (`updated_at`).
    pub updated_at: Timestamp,
}

impl Record for User {}

impl User {
    /// The tag of the language of pages and mail, if one is set.
    pub fn language(&self) -> Option<&str> {
        self.language.as_ref().map(LanguageTag::as_str)
    }
}

/// What is needed to create a person.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The name to sign in with.
    pub username: Username,
    /// The language of pages and mail.
    pub language: Option<LanguageTag>,
    /// Groups, which must exist.
    pub groups: BTreeSet<Text>,
    /// The standard claims.
    pub profile: Profile,
}

impl NewUser {
    /// The record that is made of it: active, in the first epoch.
    pub fn into_user(self, id: UserId, now: Timestamp) -> User {
        User {
            id,
            username: self.username,
            state: State::Active,
            valid_until: None,
            language: self.language,
            groups: self.groups,
            profile: self.profile,
            epoch: Epoch::default(),
            created_at: now,
            updated_at: now,
        }
    }

    /// A person of whom nothing but the name is known.
    pub fn named(username: Username) -> Self {
        Self { username, language: None, groups: BTreeSet::new(), profile: Profile::default() }
    }
}

/// Why a person is not served. For the audit trail, never for the sign-in page (R-PW-01).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Switched off.
    Disabled,
    /// Locked.
    Locked,
    /// Past the last moment.
    Expired,
}

impl Reason {
    /// The word for it in the audit trail.
    pub fn word(self) -> &'static str {
        match self {
            Self::Disabled => "user_disabled",
            Self::Locked => "user_locked",
            Self::Expired => "user_expired",
        }
    }
}

/// Whether `user` may be served at `now`: the one decision that every door asks (R-CO-08, R-RL-09).
pub fn standing(user: &User, now: Timestamp) -> Result<(), Reason> {
    match user.state {
        State::Disabled => Err(Reason::Disabled),
        State::Locked => Err(Reason::Locked),
        State::Active if user.valid_until.is_some_and(|end| end <= now) => Err(Reason::Expired),
        State::Active => Ok(()),
    }
}
