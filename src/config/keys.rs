//! `[keys]`: how often the signing keys change.

use std::time::Duration;

use super::duration::show;
use super::reader::Section;
use super::wrong::WrongSetting;

/// The section `[keys]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// How long a signing key signs; 90 days by default.
    pub rotate_every: Duration,
}

impl Keys {
    pub(super) fn read(section: &mut Section) -> Result<Self, WrongSetting> {
        Ok(Self { rotate_every: section.duration("rotate_every", Duration::from_secs(90 * 86400))? })
    }

    /// At least two days: a key is announced for one before it signs.
    pub fn validate(&self) -> Result<(), WrongSetting> {
        if self.rotate_every < Duration::from_secs(2 * 86400) {
            let seen = format!("is \"{}\"", show(self.rotate_every));
            return Err(WrongSetting::new("keys.rotate_every", seen, "write at least \"2d\""));
        }
        Ok(())
    }
}
