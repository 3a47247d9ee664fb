//! Groups: named sets of people. Who is in one stands in the person's record.

use serde::{Deserialize, Serialize};

use super::normal_form::NormalName;
use super::profile::Text;
use crate::foundation::Timestamp;
use crate::storage::{Key, Record};

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

/// The kind of a group's record, in the current generation.
pub const KIND: &str = "group";

/// Under which id the group named `name` stands: its normal form, so that case does not make two of one.
pub fn id(name: &Text) -> String {
    let normal = NormalName::of(name.as_str());
    normal.as_ref().map_or(name.as_str(), NormalName::as_str).to_owned()
}

/// That somebody was put into a group. Whoever takes groups away sees by its revision whether that happened meanwhile.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Joined {}

impl Record for Joined {}

/// Where [`Joined`] stands.
pub fn joined_key() -> Key {
    Key::new("group_joined", &[])
}
