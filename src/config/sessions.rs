//! `[sessions]`: how long a sign-in lasts (R-SE-04).

use std::time::Duration;

use super::duration::show;
use super::reader::Section;
use super::wrong::WrongSetting;

/// The section `[sessions]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sessions {
    /// Ends a session that was not used for so long; 1 h by default.
    pub idle: Duration,
    /// Ends every session so long after sign-in; 12 h by default.
    pub absolute: Duration,
}

impl Sessions {
    pub(super) fn read(section: &mut Section) -> Result<Self, WrongSetting> {
        Ok(Self {
            idle: section.duration("idle", Duration::from_secs(3600))?,
            absolute: section.duration("absolute", Duration::from_secs(12 * 3600))?,
        })
    }

    /// At least a minute idle, at most 30 days in all, and idle not above absolute.
    pub fn validate(&self) -> Result<(), WrongSetting> {
        let seen = |value| format!("is \"{}\"", show(value));
        if self.idle < Duration::from_secs(60) {
            return Err(WrongSetting::new("sessions.idle", seen(self.idle), "write at least \"1m\""));
        }
        if self.absolute > Duration::from_secs(30 * 86400) {
            return Err(WrongSetting::new("sessions.absolute", seen(self.absolute), "write at most \"30d\""));
        }
        if self.idle > self.absolute {
            let right = format!("write at most sessions.absolute, which is \"{}\"", show(self.absolute));
            return Err(WrongSetting::new("sessions.idle", seen(self.idle), right));
        }
        Ok(())
    }
}
