//! Who must prove what: the floor and how long a second factor counts, with the reason (security requirements 4.5).
//! The applications ask for nothing and look at nothing, so this table is the only enforcement.

use std::time::Duration;

use crate::config::policy::{Floor, MailCodes, Policy};
use crate::factors::FactorKind;
use crate::vocabulary::acr::Level;
use crate::web::client_ip::ClientAddress;

use super::stage::EnrolmentPermission;

/// What policy asks of one sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The least level.
    pub floor: Level,
    /// The highest level that can be reached here at all.
    pub highest: Level,
    /// Weaker factors that are accepted in place of the floor; tokens still say the level that they reach.
    pub instead: Vec<FactorKind>,
    /// How long a second factor counts.
    pub second_factor_max_age: Duration,
}

/// What the settings ask of a person, for every application. Of an administrator no weak factor is accepted. `keys`: whether
/// there can be passkeys.
pub fn requirement(policy: &Policy, administrator: bool, keys: bool) -> Requirement {
    let floor = match policy.floor {
        Floor::Password => Level::Password,
        Floor::MfaLow => Level::MfaLow,
        Floor::Mfa => Level::Mfa,
    };
    let by_mail = policy.mail_codes == MailCodes::SignIn && !administrator;
    let instead = if by_mail { vec![FactorKind::MailCode] } else { Vec::new() };
    let highest = if keys { Level::PhishingResistant } else { Level::Mfa };
    Requirement { floor, highest, instead, second_factor_max_age: policy.second_factor_max_age }
}

/// Whether the password alone permits a first enrolment from this address (R-EN-02). One that nobody vouches for permits
/// nothing: it stands for everybody behind a proxy.
pub fn permission_by_network(policy: &Policy, client: ClientAddress) -> Option<EnrolmentPermission> {
    let address = client.vouched()?;
    let inside = policy.first_enrolment_by_password.iter().any(|network| network.contains(&address));
    inside.then_some(EnrolmentPermission::Network)
}
