//! Levels of authentication, totally ordered, and their names (`acr`, OpenID Connect Core section 2; security.md section 4.2).

use serde::{Deserialize, Serialize};

/// How surely we know who it is. A higher level satisfies a request for a lower one.
/// Level 0 (nothing fresh) is no value: it is never reached by a login, so it is `Option::None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Password alone, an untrusted upstream, or a recovery login.
    Password,
    /// Password and a weak second step: a code by mail, a remembered device.
    MfaLow,
    /// Password and a one-time password from an own device.
    Mfa,
    /// Phishing-resistant: WebAuthn.
    PhishingResistant,
    /// Phishing-resistant and bound to attested hardware.
    PhishingResistantHardware,
}

/// Which names of other bodies we may assert: each is a claim about the organisation, so all are off by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ForeignNames {
    /// The REFEDS multi-factor profile.
    pub refeds: bool,
    /// NIST assurance levels under `http://idmanagement.gov/ns/assurance/`.
    pub nist: bool,
}

const REFEDS_MFA: &str = "https://refeds.org/profile/mfa";
const AAL2: &str = "http://idmanagement.gov/ns/assurance/aal/2";
const AAL2_PHISHING_RESISTANT: &str = "http://idmanagement.gov/ns/assurance/aal/2?phishing_resistant=true";

impl Level {
    /// All levels, lowest first.
    pub const ALL: [Self; 5] =
        [Self::Password, Self::MfaLow, Self::Mfa, Self::PhishingResistant, Self::PhishingResistantHardware];

    /// Our own name of the level.
    pub fn acr(self) -> &'static str {
        match self {
            Self::Password => "urn:keyward:acr:pwd",
            Self::MfaLow => "urn:keyward:acr:mfa-low",
            Self::Mfa => "urn:keyward:acr:mfa",
            Self::PhishingResistant => "urn:keyward:acr:phr",
            Self::PhishingResistantHardware => "urn:keyward:acr:phrh",
        }
    }

    /// The level a requested `acr` value asks for. Whole strings are compared; unknown values ask for nothing.
    pub fn from_request(value: &str, foreign: ForeignNames) -> Option<Self> {
        let own = Self::ALL.into_iter().find(|level| level.acr() == value);
        own.or(match value {
            "1" => Some(Self::Password),
            "2" => Some(Self::Mfa),
            "phr" => Some(Self::PhishingResistant),
            "phrh" => Some(Self::PhishingResistantHardware),
            REFEDS_MFA if foreign.refeds => Some(Self::Mfa),
            AAL2 if foreign.nist => Some(Self::Mfa),
            AAL2_PHISHING_RESISTANT if foreign.nist => Some(Self::PhishingResistant),
            _ => None,
        })
    }

    /// The one `acr` of a token: the first requested name of another body that this level satisfies, else our own name.
    pub fn answer<'a>(self, requested: impl IntoIterator<Item = &'a str>, foreign: ForeignNames) -> &'a str {
        let met = |value: &&str| Self::from_request(value, foreign).is_some_and(|asked| asked <= self);
        let standard = |value: &&str| !value.starts_with("urn:keyward:acr:");
        requested.into_iter().filter(standard).find(met).unwrap_or(self.acr())
    }
}

/// `acr_values_supported` (OpenID Connect Discovery section 3): all values that [`Level::from_request`] knows.
pub fn acr_values_supported(foreign: ForeignNames) -> Vec<&'static str> {
    let own = Level::ALL.into_iter().map(Level::acr);
    let aliases = ["1", "2", "phr", "phrh", REFEDS_MFA, AAL2, AAL2_PHISHING_RESISTANT];
    let known = |value: &&'static str| Level::from_request(value, foreign).is_some();
    own.chain(aliases.into_iter().filter(known)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standard_name_is_answered_only_when_met_and_switched_on() {
        let none = ForeignNames::default();
        assert_eq!(Level::Mfa.answer(["phr", "2"], none), "2");
        assert_eq!(Level::Mfa.answer([REFEDS_MFA], none), "urn:keyward:acr:mfa");
        assert_eq!(Level::Mfa.answer([REFEDS_MFA], ForeignNames { refeds: true, nist: false }), REFEDS_MFA);
        assert_eq!(Level::PhishingResistant.answer(["urn:keyward:acr:mfa"], none), "urn:keyward:acr:phr");
        assert_eq!(Level::Password.answer(["2", "nonsense"], none), "urn:keyward:acr:pwd");
    }

    #[test]
    fn levels_are_ordered_and_all_supported_values_are_known() {
        assert!(Level::ALL.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(acr_values_supported(ForeignNames::default()).len(), 9);
        assert!(!acr_values_supported(ForeignNames::default()).contains(&AAL2));
    }
}
