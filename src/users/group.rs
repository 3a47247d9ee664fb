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

/// Where the group named `name` stands: under its normal form, so that case does not make two of one.
pub(super) fn key(name: &Text) -> Key {
    let normal = NormalName::of(name.as_str());
    Key::new("group", &[normal.as_ref().map_or(name.as_str(), NormalName::as_str)])
}
