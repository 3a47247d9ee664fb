//! `[limits]`: how many wrong tries are borne before a pause (R-RL-04). They can be made stricter, not looser than the
//! ceilings of NIST SP 800-63B-4 section 3.2.2.

use std::time::Duration;

use super::duration::show;
use super::reader::Section;
use super::wrong::WrongSetting;

/// The section `[limits]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Wrong passwords for one account from one address class before the pause; 5 by default.
    pub password_failures: u64,
    /// How long that pause lasts; 15 min by default.
    pub password_pause: Duration,
    /// Wrong codes in a row before the pause; 5 by default.
    pub factor_failures: u64,
    /// How long that pause lasts; 15 min by default.
    pub factor_pause: Duration,
    /// Wrong codes in a row before the factor is disabled; 50 by default.
    pub factor_ceiling: u64,
    /// Wrong passwords from one address class in `address_window`, over all accounts; 100 by default. An office of a
    /// thousand people may share one address.
    pub address_attempts: u64,
    /// The window of `address_attempts`; 15 min by default.
    pub address_window: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let quarter = Duration::from_secs(15 * 60);
        Self {
            password_failures: 5,
            password_pause: quarter,
            factor_failures: 5,
            factor_pause: quarter,
            factor_ceiling: 50,
            address_attempts: 100,
            address_window: quarter,
        }
    }
}

impl Limits {
    pub(super) fn read(section: &mut Section) -> Result<Self, WrongSetting> {
        let usual = Self::default();
        Ok(Self {
            password_failures: section.number("password_failures", usual.password_failures, 1, 20)?,
            password_pause: section.duration("password_pause", usual.password_pause)?,
            factor_failures: section.number("factor_failures", usual.factor_failures, 1, 20)?,
            factor_pause: section.duration("factor_pause", usual.factor_pause)?,
            factor_ceiling: section.number("factor_ceiling", usual.factor_ceiling, 5, 100)?,
            address_attempts: section.number("address_attempts", usual.address_attempts, 5, 100_000)?,
            address_window: section.duration("address_window", usual.address_window)?,
        })
    }

    /// Pauses last between 1 min and 24 h; the ceiling is not below its first step.
    pub fn validate(&self) -> Result<(), WrongSetting> {
        let pauses = [
            ("limits.password_pause", self.password_pause),
            ("limits.factor_pause", self.factor_pause),
            ("limits.address_window", self.address_window),
        ];
        let range = Duration::from_secs(60)..=Duration::from_secs(86400);
        if let Some((key, pause)) = pauses.into_iter().find(|(_, pause)| !range.contains(pause)) {
            return Err(WrongSetting::new(
                key,
                format!("is \"{}\"", show(pause)),
                "write between \"1m\" and \"24h\"",
            ));
        }
        if self.factor_ceiling < self.factor_failures {
            return Err(WrongSetting::new(
                "limits.factor_ceiling",
                format!("is {}", self.factor_ceiling),
                format!("write at least limits.factor_failures, which is {}", self.factor_failures),
            ));
        }
        Ok(())
    }
}
