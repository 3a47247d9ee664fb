//! `[audit]`: how long the audit trail is kept.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::duration::show;
use super::reader::Section;
use super::wrong::WrongSetting;

/// The section `[audit]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Audit {
    /// How long events are kept; 400 days by default, a year and some weeks to look back.
    #[serde(with = "super::duration::text")]
    pub keep: Duration,
}

impl Default for Audit {
    fn default() -> Self {
        Self { keep: Duration::from_secs(400 * 86400) }
    }
}

impl Audit {
    pub(super) fn read(section: &mut Section) -> Result<Self, WrongSetting> {
        Ok(Self { keep: section.duration("keep", Self::default().keep)? })
    }

    /// At least 30 days: what nobody can look back at is no trail.
    pub fn faults(&self) -> Vec<WrongSetting> {
        let wrong = || {
            let seen = format!("is \"{}\"", show(self.keep));
            WrongSetting::new("audit.keep", seen, "write at least \"30d\"")
        };
        (self.keep < Duration::from_secs(30 * 86400)).then(wrong).into_iter().collect()
    }
}
