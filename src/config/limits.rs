//! `[limits]`: how many wrong tries are borne before a pause (R-RL-04). They can be made stricter, not looser than the
//! ceilings of NIST SP 800-63B-4 section 3.2.2.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::duration::show;
use super::reader::Section;
use super::wrong::WrongSetting;

/// The section `[limits]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Wrong passwords for one account from one address class before the pause; 5 by default.
    pub password_failures: u64,
    /// How long that pause lasts; 15 min by default.
    #[serde(with = "super::duration::text")]
    pub password_pause: Duration,
    /// Wrong codes in a row before the pause; 5 by default.
    pub factor_failures: u64,
    /// How long that pause lasts; 15 min by default.
    #[serde(with = "super::duration::text")]
    pub factor_pause: Duration,
    /// Wrong codes in a row before the factor is disabled; 50 by default.
    pub factor_ceiling: u64,
    /// Wrong passwords from one address class in `address_window`, over all accounts; 100 by default. An office of a
    /// thousand people may share one address.
    pub address_attempts: u64,
    /// The window of `address_attempts`; 15 min by default.
    #[serde(with = "super::duration::text")]
    pub address_window: Duration,
    /// Wrong passwords for one account over all addresses, without a success between, after which only browsers of an
    /// earlier success are let in by password; 50 by default.
    pub password_ceiling: u64,
    /// Wrong passwords from all strangers' browsers in `address_window`, over all accounts; 10,000 by default.
    pub all_attempts: u64,
    /// Token requests of one application in a minute; 6,000 by default.
    pub application_requests: u64,
    /// The same of all applications; 30,000 by default.
    pub all_requests: u64,
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
            password_ceiling: 50,
            all_attempts: 10_000,
            application_requests: 6_000,
            all_requests: 30_000,
        }
    }
}

/// The least and the most of each number.
const PASSWORD_FAILURES: (u64, u64) = (1, 20);
const FACTOR_FAILURES: (u64, u64) = (1, 20);
const FACTOR_CEILING: (u64, u64) = (5, 100);
const ADDRESS_ATTEMPTS: (u64, u64) = (5, 100_000);
const PASSWORD_CEILING: (u64, u64) = (10, 100);
const ALL_ATTEMPTS: (u64, u64) = (100, 10_000_000);
const REQUESTS: (u64, u64) = (60, 100_000_000);

impl Limits {
    pub(super) fn read(section: &mut Section) -> Result<Self, WrongSetting> {
        let usual = Self::default();
        let mut number = |name, usual, (least, most): (u64, u64)| section.number(name, usual, least, most);
        let password_failures = number("password_failures", usual.password_failures, PASSWORD_FAILURES)?;
        let factor_failures = number("factor_failures", usual.factor_failures, FACTOR_FAILURES)?;
        let factor_ceiling = number("factor_ceiling", usual.factor_ceiling, FACTOR_CEILING)?;
        let address_attempts = number("address_attempts", usual.address_attempts, ADDRESS_ATTEMPTS)?;
        let password_ceiling = number("password_ceiling", usual.password_ceiling, PASSWORD_CEILING)?;
        let all_attempts = number("all_attempts", usual.all_attempts, ALL_ATTEMPTS)?;
        let application_requests = number("application_requests", usual.application_requests, REQUESTS)?;
        let all_requests = number("all_requests", usual.all_requests, REQUESTS)?;
        Ok(Self {
            password_ceiling,
            all_attempts,
            application_requests,
            all_requests,
            password_failures,
            password_pause: section.duration("password_pause", usual.password_pause)?,
            factor_failures,
            factor_pause: section.duration("factor_pause", usual.factor_pause)?,
            factor_ceiling,
            address_attempts,
            address_window: section.duration("address_window", usual.address_window)?,
        })
    }

    /// Numbers are in their ranges, pauses last between 1 min and 24 h, the ceiling is not below its first step.
    pub fn faults(&self) -> Vec<WrongSetting> {
        let numbers = [
            ("limits.password_failures", self.password_failures, PASSWORD_FAILURES),
            ("limits.factor_failures", self.factor_failures, FACTOR_FAILURES),
            ("limits.factor_ceiling", self.factor_ceiling, FACTOR_CEILING),
            ("limits.address_attempts", self.address_attempts, ADDRESS_ATTEMPTS),
            ("limits.password_ceiling", self.password_ceiling, PASSWORD_CEILING),
            ("limits.all_attempts", self.all_attempts, ALL_ATTEMPTS),
            ("limits.application_requests", self.application_requests, REQUESTS),
            ("limits.all_requests", self.all_requests, REQUESTS),
        ];
        let pauses = [
            ("limits.password_pause", self.password_pause),
            ("limits.factor_pause", self.factor_pause),
            ("limits.address_window", self.address_window),
        ];
        let number = |(key, number, (least, most)): (&str, u64, (u64, u64))| {
            let right = format!("write a whole number from {least} to {most}");
            (!(least..=most).contains(&number)).then(|| WrongSetting::new(key, format!("is {number}"), right))
        };
        let range = Duration::from_secs(60)..=Duration::from_secs(86400);
        let pause = |(key, pause): (&str, Duration)| {
            let right = "write between \"1m\" and \"24h\"";
            let wrong = || WrongSetting::new(key, format!("is \"{}\"", show(pause)), right);
            (!range.contains(&pause)).then(wrong)
        };
        let ceiling = (self.factor_ceiling < self.factor_failures).then(|| {
            WrongSetting::new(
                "limits.factor_ceiling",
                format!("is {}", self.factor_ceiling),
                format!("write at least limits.factor_failures, which is {}", self.factor_failures),
            )
        });
        let numbers = numbers.into_iter().filter_map(number);
        numbers.chain(pauses.into_iter().filter_map(pause)).chain(ceiling).collect()
    }
}
