//! `[policy.rules.NAME]`: finer rules, for some applications, groups or networks. They are asked in the order of their names; the
//! first that fits decides, and one that denies wins over all others (security requirements 4.5). They refer to applications and
//! groups, so they are applied with those and are not in the settings file.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::policy::{Floor, MailCodes, fault_of_age, fault_of_remembering};
use super::wrong::WrongSetting;
use crate::vocabulary::FactorKind;

/// As many rules may stand side by side.
pub const MOST: usize = 100;

/// One rule: to whom it applies, and what it asks. What it leaves out applies to everybody, and is asked as everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rule {
    /// On the way to these applications, by `client_id`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub applications: Vec<String>,
    /// People in one of these groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// From one of these networks.
    #[serde(with = "super::proxies::networks", skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<IpNet>,
    /// From none of these networks, or from where nobody vouches for the address.
    #[serde(with = "super::proxies::networks", skip_serializing_if = "Vec::is_empty")]
    pub outside: Vec<IpNet>,
    /// Nobody to whom it applies gets in.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deny: bool,
    /// The least level.
    pub floor: Option<Floor>,
    /// The second factors that count.
    pub factors: Option<Vec<FactorKind>>,
    /// Second factors that must be there besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<FactorKind>,
    /// What codes by mail are good for.
    pub mail_codes: Option<MailCodes>,
    /// How long a browser may be remembered.
    #[serde(with = "super::duration::optional_text", skip_serializing_if = "Option::is_none")]
    pub remembered_devices: Option<Duration>,
    /// How long a second factor counts.
    #[serde(with = "super::duration::optional_text", skip_serializing_if = "Option::is_none")]
    pub second_factor_max_age: Option<Duration>,
}

impl Rule {
    /// Whether it applies to somebody in `groups` on the way to `application` from `address`, if anybody vouches for that.
    pub fn fits(
        &self,
        application: Option<&str>,
        in_group: impl Fn(&str) -> bool,
        address: Option<IpAddr>,
    ) -> bool {
        let any = |networks: &[IpNet]| {
            address.is_some_and(|address| networks.iter().any(|network| network.contains(&address)))
        };
        let meant = application.is_some_and(|id| self.applications.iter().any(|meant| meant == id));
        (self.applications.is_empty() || meant)
            && (self.groups.is_empty() || self.groups.iter().any(|group| in_group(group)))
            && (self.networks.is_empty() || any(&self.networks))
            && (self.outside.is_empty() || !any(&self.outside))
    }

    /// What is wrong with it by itself; `path` is where it stands.
    pub(super) fn faults(&self, path: &str) -> Vec<WrongSetting> {
        let mut faults = Vec::new();
        let mut note = |name: &str, seen: &str, right: &str| {
            faults.push(WrongSetting::new(format!("{path}.{name}"), seen.to_owned(), right));
        };
        let words: Vec<_> = FactorKind::SECOND.iter().map(|kind| format!("\"{}\"", kind.word())).collect();
        let second = |kinds: &[FactorKind]| kinds.iter().all(|kind| FactorKind::SECOND.contains(kind));
        let right = format!("write second factors: {}", words.join(", "));
        if self.factors.as_ref().is_some_and(|kinds| kinds.is_empty() || !second(kinds)) {
            note("factors", "names none, or one that is no second factor", &right);
        }
        if !second(&self.also) {
            note("also", "names one that is no second factor", &right);
        }
        let forbidden = |kind: &&FactorKind| self.factors.as_ref().is_some_and(|kinds| !kinds.contains(kind));
        if self.also.iter().any(|kind| forbidden(&kind)) {
            note("also", "names a factor that does not count by its own list of factors", "add it there");
        }
        if let Some(age) = self.second_factor_max_age {
            faults.extend(fault_of_age(&format!("{path}.second_factor_max_age"), age));
        }
        if let Some(most) = self.remembered_devices {
            faults.extend(fault_of_remembering(&format!("{path}.remembered_devices"), most));
        }
        faults
    }
}
