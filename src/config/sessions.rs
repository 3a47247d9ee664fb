//! `[sessions]`: how long a sign-in lasts (R-SE-04).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::duration::show;
use super::reader::Section;
use super::wrong::WrongSetting;

/// The section `[sessions]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sessions {
    /// Ends a session that was not used for so long; 1 h by default.
    #[serde(with = "super::duration::text")]
    pub idle: Duration,
    /// Ends every session so long after sign-in; 12 h by default.
    #[serde(with = "super::duration::text")]
    pub absolute: Duration,
}

impl Default for Sessions {
    fn default() -> Self {
        Self { idle: Duration::from_secs(3600), absolute: Duration::from_secs(12 * 3600) }
    }
}

impl Sessions {
    pub(super) fn read(section: &mut Section) -> Result<Self, WrongSetting> {
        let usual = Self::default();
        Ok(Self {
            idle: section.duration("idle", usual.idle)?,
            absolute: section.duration("absolute", usual.absolute)?,
        })
    }

    /// At least a minute idle, at most 30 days in all, and idle not above absolute.
    pub fn faults(&self) -> Vec<WrongSetting> {
        let mut faults = Vec::new();
        let mut wrong = |key, value, right: &str| {
            faults.push(WrongSetting::new(key, format!("is \"{}\"", show(value)), right));
        };
        if self.idle < Duration::from_secs(60) {
            wrong("sessions.idle", self.idle, "write at least \"1m\"");
        }
        if self.absolute > Duration::from_secs(30 * 86400) {
            wrong("sessions.absolute", self.absolute, "write at most \"30d\"");
        }
        if self.idle > self.absolute {
            let right = format!("write at most sessions.absolute, which is \"{}\"", show(self.absolute));
            wrong("sessions.idle", self.idle, &right);
        }
        faults
    }
}
