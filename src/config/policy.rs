//! `[policy]`: what a person must prove where no finer rule says otherwise.

use std::time::Duration;

use ipnet::IpNet;

use super::duration::show;
use super::proxies::network;
use super::reader::Section;
use super::wrong::WrongSetting;

/// The least level a sign-in must reach, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Floor {
    /// A password.
    Password,
    /// Two factors, the second one weaker than a code from an authenticator.
    MfaLow,
    /// Two factors.
    Mfa,
}

/// The section `[policy]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// A second factor proved so recently is not asked again; 12 h by default.
    pub second_factor_max_age: Duration,
    /// The least level; `mfa` by default.
    pub floor: Floor,
    /// From these networks a person without a second factor may enrol the first one with the password alone
    /// (R-EN-02). Empty by default: then only an invitation allows it.
    pub first_enrolment_by_password: Vec<IpNet>,
}

impl Policy {
    pub(super) fn read(section: &mut Section) -> Result<Self, WrongSetting> {
        let floors = [
            ("pwd", Floor::Password),
            ("mfa-low", Floor::MfaLow),
            ("mfa", Floor::Mfa),
        ];
        let networks = section.texts("first_enrolment_by_password")?.unwrap_or_default();
        let network = |text: &String| network(section, "first_enrolment_by_password", text);
        Ok(Self {
            first_enrolment_by_password: networks.iter().map(network).collect::<Result<_, _>>()?,
            second_factor_max_age: section
                .duration("second_factor_max_age", Duration::from_secs(12 * 3600))?,
            floor: section.choice("floor", &floors, Floor::Mfa)?,
        })
    }

    /// A second factor counts for a minute at least and 30 days at most.
    pub fn validate(&self) -> Result<(), WrongSetting> {
        let age = self.second_factor_max_age;
        if (Duration::from_secs(60)..=Duration::from_secs(30 * 86400)).contains(&age) {
            return Ok(());
        }
        let seen = format!("is \"{}\"", show(age));
        Err(WrongSetting::new(
            "policy.second_factor_max_age",
            seen,
            "write between \"1m\" and \"30d\"",
        ))
    }
}
