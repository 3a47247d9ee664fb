//! Who must prove what, and why: the table of security requirements 4.5 with the operator's rules, as a pure function. The
//! applications ask for nothing and look at nothing, so this is the only enforcement.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::config::policy::{MailCodes, Policy};
use crate::config::policy_rules::Rule;
use crate::factors::FactorKind;
use crate::foundation::ids::ClientId;
use crate::users::profile::Text;
use crate::vocabulary::acr::Level;
use crate::web::client_ip::ClientAddress;

use super::stage::EnrolmentPermission;

/// Of whom something is asked, and on which way.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// Whether the person administers this installation.
    pub administrator: bool,
    /// The person's groups, all of them.
    pub groups: &'a BTreeSet<Text>,
    /// The application the person is going to; none on our own pages.
    pub application: Option<&'a ClientId>,
    /// Where the browser is.
    pub client: ClientAddress,
}

/// What policy asks of one sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The rule that decided; none where that is the policy for everybody.
    pub rule: Option<String>,
    /// Whatever is proved, it is refused.
    pub denied: bool,
    /// The least level.
    pub floor: Level,
    /// Weaker factors that are accepted in place of the floor; tokens still say the level that they reach.
    pub instead: Vec<FactorKind>,
    /// The second factors that count.
    pub counting: Vec<FactorKind>,
    /// Second factors that must be there besides.
    pub also: Vec<FactorKind>,
    /// How long a browser may be remembered; zero where it may not.
    pub remembered_devices: Duration,
    /// How long a second factor counts.
    pub second_factor_max_age: Duration,
}

/// What is asked of administrators at least (section 4.5).
const ADMINISTRATORS: Level = Level::Mfa;

/// What `policy` asks under these circumstances. Of an administrator two strong factors are asked whatever a rule says.
pub fn requirement(policy: &Policy, circumstances: &Circumstances<'_>) -> Requirement {
    let Circumstances { administrator, groups, application, client } = *circumstances;
    let in_group = |name: &str| groups.iter().any(|group| group.as_str() == name);
    let application = application.map(ClientId::as_str);
    let found = policy.rule(|rule| rule.fits(application, in_group, client.vouched()));
    let usual = Rule::default();
    let rule = found.map_or(&usual, |(_, rule)| rule);
    let floor = rule.floor.unwrap_or(policy.floor).level();
    let mail_codes = rule.mail_codes.unwrap_or(policy.mail_codes);
    let no_mail = administrator || mail_codes == MailCodes::Off;
    let mut counting = rule.factors.clone().unwrap_or_else(|| FactorKind::SECOND.to_vec());
    counting.retain(|kind| *kind != FactorKind::MailCode || !no_mail);
    let by_mail = mail_codes == MailCodes::SignIn && counting.contains(&FactorKind::MailCode);
    let remembered = rule.remembered_devices.unwrap_or(policy.remembered_devices);
    let remembered_devices = if administrator { Duration::ZERO } else { remembered };
    let mut instead = Vec::new();
    instead.extend(by_mail.then_some(FactorKind::MailCode));
    instead.extend((!remembered_devices.is_zero()).then_some(FactorKind::RememberedDevice));
    Requirement {
        rule: found.map(|(name, _)| name.to_owned()),
        denied: rule.deny,
        floor: if administrator { floor.max(ADMINISTRATORS) } else { floor },
        instead,
        counting,
        also: rule.also.clone(),
        remembered_devices,
        second_factor_max_age: rule.second_factor_max_age.unwrap_or(policy.second_factor_max_age),
    }
}

/// Whether the password alone permits a first enrolment from this address (R-EN-02). One that nobody vouches for permits
/// nothing: it stands for everybody behind a proxy.
pub fn permission_by_network(policy: &Policy, client: ClientAddress) -> Option<EnrolmentPermission> {
    let address = client.vouched()?;
    let inside = policy.first_enrolment_by_password.iter().any(|network| network.contains(&address));
    inside.then_some(EnrolmentPermission::Network)
}
