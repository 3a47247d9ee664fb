//! `[policy]`: what a person must prove where no finer rule says otherwise.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

use super::duration::show;
use super::policy_rules::{self, Rule};
use super::proxies::network;
use super::reader::Section;
use super::site::Site;
use super::wrong::WrongSetting;
use crate::vocabulary::acr::Level;

/// The least level a sign-in must reach, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Floor {
    /// A password.
    #[serde(rename = "pwd")]
    Password,
    /// Two factors, the second one weaker than a code from an authenticator.
    #[serde(rename = "mfa-low")]
    MfaLow,
    /// Two factors.
    #[serde(rename = "mfa")]
    Mfa,
    /// A factor that cannot be phished.
    #[serde(rename = "phr")]
    PhishingResistant,
    /// The same on attested hardware.
    #[serde(rename = "phrh")]
    PhishingResistantHardware,
}

impl Floor {
    /// The level that it is.
    pub fn level(self) -> Level {
        match self {
            Self::Password => Level::Password,
            Self::MfaLow => Level::MfaLow,
            Self::Mfa => Level::Mfa,
            Self::PhishingResistant => Level::PhishingResistant,
            Self::PhishingResistantHardware => Level::PhishingResistantHardware,
        }
    }
}

/// What one-time codes by mail are good for. Of administrators none is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailCodes {
    /// A sign-in, in place of the floor, and all that is below.
    #[default]
    SignIn,
    /// Enrolling the first second factor, where there is none yet.
    Enrolment,
    /// Nothing: none is sent.
    Off,
}

/// The section `[policy]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// A second factor proved so recently is not asked again; 12 h by default.
    #[serde(with = "super::duration::text")]
    pub second_factor_max_age: Duration,
    /// The least level; `mfa` by default.
    pub floor: Floor,
    /// What one-time codes by mail are good for; `sign-in` by default.
    pub mail_codes: MailCodes,
    /// How long a browser may be remembered, in which only the password is asked; 30 days by default, `"0s"` for never.
    #[serde(with = "super::duration::text")]
    pub remembered_devices: Duration,
    /// From these networks a person without a second factor may enrol the first one with the password alone
    /// (R-EN-02). Empty by default: then only an invitation allows it.
    #[serde(with = "super::proxies::networks")]
    pub first_enrolment_by_password: Vec<IpNet>,
    /// Finer rules by name.
    pub rules: BTreeMap<String, Rule>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            second_factor_max_age: Duration::from_secs(12 * 3600),
            floor: Floor::Mfa,
            mail_codes: MailCodes::default(),
            remembered_devices: LONGEST_REMEMBERED,
            first_enrolment_by_password: Vec::new(),
            rules: BTreeMap::new(),
        }
    }
}

impl Policy {
    pub(super) fn read(section: &mut Section) -> Result<Self, WrongSetting> {
        let floors = [
            ("pwd", Floor::Password),
            ("mfa-low", Floor::MfaLow),
            ("mfa", Floor::Mfa),
            ("phr", Floor::PhishingResistant),
            ("phrh", Floor::PhishingResistantHardware),
        ];
        let codes =
            [("sign-in", MailCodes::SignIn), ("enrolment", MailCodes::Enrolment), ("off", MailCodes::Off)];
        let usual = Self::default();
        let networks = section.texts("first_enrolment_by_password")?.unwrap_or_default();
        let network = |text: &String| network(section, "first_enrolment_by_password", text);
        Ok(Self {
            first_enrolment_by_password: networks.iter().map(network).collect::<Result<_, _>>()?,
            second_factor_max_age: section.duration("second_factor_max_age", usual.second_factor_max_age)?,
            floor: section.choice("floor", &floors, usual.floor)?,
            mail_codes: section.choice("mail_codes", &codes, usual.mail_codes)?,
            remembered_devices: section.duration("remembered_devices", usual.remembered_devices)?,
            rules: BTreeMap::new(),
        })
    }

    /// What is wrong with it. The loopback permits no enrolment in earnest.
    pub fn faults(&self, site: &Site) -> Vec<WrongSetting> {
        let mut faults: Vec<_> = self.enrolment_from_here(site).into_iter().collect();
        faults.extend(fault_of_age("policy.second_factor_max_age", self.second_factor_max_age));
        faults.extend(fault_of_remembering("policy.remembered_devices", self.remembered_devices));
        if self.rules.len() > policy_rules::MOST {
            let seen = format!("has {} rules", self.rules.len());
            faults.push(WrongSetting::new("policy.rules", seen, "100 are allowed"));
        }
        for (name, rule) in &self.rules {
            let path = format!("policy.rules.{name}");
            if name.is_empty() || name.chars().count() > 64 || name.chars().any(char::is_control) {
                let seen = "is no name of a rule";
                faults.push(WrongSetting::new(
                    path.clone(),
                    seen,
                    "write 1 to 64 characters that can be seen",
                ));
            }
            faults.extend(rule.faults(&path));
        }
        faults
    }

    /// The rule that decides, with its name: one that denies, else the first that `fits`.
    pub fn rule(&self, fits: impl Fn(&Rule) -> bool) -> Option<(&str, &Rule)> {
        let mut fitting =
            self.rules.iter().filter(|(_, rule)| fits(rule)).map(|(name, rule)| (name.as_str(), rule));
        let first = fitting.clone().next();
        fitting.find(|(_, rule)| rule.deny).or(first)
    }

    /// The least that is asked of anybody anywhere.
    pub fn lowest_floor(&self) -> Floor {
        self.rules.values().filter_map(|rule| rule.floor).fold(self.floor, Floor::min)
    }

    /// Behind a proxy on this machine that nobody declared, everybody comes from the loopback.
    fn enrolment_from_here(&self, site: &Site) -> Option<WrongSetting> {
        if site.is_loopback() {
            return None;
        }
        let local = self.first_enrolment_by_password.iter().find(|network| holds_loopback(network));
        local.map(|network| WrongSetting::new(
            "policy.first_enrolment_by_password",
            format!("has the entry \"{network}\", which holds addresses of this machine itself"),
            "name networks of your people only, such as \"10.0.0.0/8\", since behind a proxy on this machine everybody would seem to come from here",
        ))
    }
}

/// A second factor counts for a minute at least and 30 days at most.
pub(super) fn fault_of_age(path: &str, age: Duration) -> Option<WrongSetting> {
    let fits = (Duration::from_secs(60)..=Duration::from_secs(30 * 86400)).contains(&age);
    let seen = format!("is \"{}\"", show(age));
    (!fits).then(|| WrongSetting::new(path, seen, "write between \"1m\" and \"30d\""))
}

/// The longest that a browser is remembered.
const LONGEST_REMEMBERED: Duration = Duration::from_secs(30 * 86400);

/// A browser is remembered for 30 days at most.
pub(super) fn fault_of_remembering(path: &str, most: Duration) -> Option<WrongSetting> {
    let seen = format!("is \"{}\"", show(most));
    (most > LONGEST_REMEMBERED)
        .then(|| WrongSetting::new(path, seen, "write at most \"30d\", or \"0s\" for never"))
}

fn holds_loopback(network: &IpNet) -> bool {
    let loopback = [
        IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8)),
        IpNet::V6(Ipv6Net::from(Ipv6Addr::LOCALHOST)),
    ];
    loopback.iter().any(|local| network.contains(local) || local.contains(network))
}
