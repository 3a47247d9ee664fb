//! `[policy]`: what a person must prove where no finer rule says otherwise.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

use super::duration::show;
use super::proxies::network;
use super::reader::Section;
use super::site::Site;
use super::wrong::WrongSetting;

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
    /// From these networks a person without a second factor may enrol the first one with the password alone
    /// (R-EN-02). Empty by default: then only an invitation allows it.
    #[serde(with = "super::proxies::networks")]
    pub first_enrolment_by_password: Vec<IpNet>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            second_factor_max_age: Duration::from_secs(12 * 3600),
            floor: Floor::Mfa,
            mail_codes: MailCodes::default(),
            first_enrolment_by_password: Vec::new(),
        }
    }
}

impl Policy {
    pub(super) fn read(section: &mut Section) -> Result<Self, WrongSetting> {
        let floors = [("pwd", Floor::Password), ("mfa-low", Floor::MfaLow), ("mfa", Floor::Mfa)];
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
        })
    }

    /// A second factor counts for a minute at least and 30 days at most; the loopback permits no enrolment in earnest.
    pub fn faults(&self, site: &Site) -> Vec<WrongSetting> {
        let mut faults: Vec<_> = self.enrolment_from_here(site).into_iter().collect();
        let age = self.second_factor_max_age;
        if !(Duration::from_secs(60)..=Duration::from_secs(30 * 86400)).contains(&age) {
            let (seen, right) = (format!("is \"{}\"", show(age)), "write between \"1m\" and \"30d\"");
            faults.push(WrongSetting::new("policy.second_factor_max_age", seen, right));
        }
        faults
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

fn holds_loopback(network: &IpNet) -> bool {
    let loopback = [
        IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8)),
        IpNet::V6(Ipv6Net::from(Ipv6Addr::LOCALHOST)),
    ];
    loopback.iter().any(|local| network.contains(local) || local.contains(network))
}
