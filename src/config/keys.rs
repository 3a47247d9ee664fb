//! `[keys]`: how often the signing keys change.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::duration::show;
use super::reader::Section;
use super::wrong::WrongSetting;

/// The section `[keys]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Keys {
    /// How long a signing key signs; 90 days by default.
    #[serde(with = "super::duration::text")]
    pub rotate_every: Duration,
}

impl Default for Keys {
    fn default() -> Self {
        Self { rotate_every: Duration::from_secs(90 * 86400) }
    }
}

impl Keys {
    pub(super) fn read(section: &mut Section) -> Result<Self, WrongSetting> {
        Ok(Self { rotate_every: section.duration("rotate_every", Self::default().rotate_every)? })
    }

    /// At least two days: a key is announced for one before it signs.
    pub fn faults(&self) -> Vec<WrongSetting> {
        let wrong = || {
            let seen = format!("is \"{}\"", show(self.rotate_every));
            WrongSetting::new("keys.rotate_every", seen, "write at least \"2d\"")
        };
        (self.rotate_every < Duration::from_secs(2 * 86400)).then(wrong).into_iter().collect()
    }
}
