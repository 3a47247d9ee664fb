//! `[audit]`: how long the audit trail is kept.

use std::time::Duration;

use super::duration::show;
use super::reader::Section;
use super::wrong::WrongSetting;

/// The section `[audit]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// How long events are kept; 400 days by default, a year and some weeks to look back.
    pub keep: Duration,
}

impl Audit {
    pub(super) fn read(section: &mut Section) -> Result<Self, WrongSetting> {
        Ok(Self { keep: section.duration("keep", Duration::from_secs(400 * 86400))? })
    }

    /// At least 30 days: what nobody can look back at is no trail.
    pub fn validate(&self) -> Result<(), WrongSetting> {
        if self.keep < Duration::from_secs(30 * 86400) {
            let seen = format!("is \"{}\"", show(self.keep));
            return Err(WrongSetting::new("audit.keep", seen, "write at least \"30d\""));
        }
        Ok(())
    }
}
