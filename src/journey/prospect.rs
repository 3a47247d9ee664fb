//! What would be asked of a person who signs in, without anybody signing in: for explanations, and for seeing in advance who
//! could not get in.

use std::net::IpAddr;

use super::next::{Facts, Next, Person, Refusal, after_password};
use super::policy::{Circumstances, Requirement, permission_by_network, requirement};
use super::reach::Seen;
use super::stage::{Application, Demands, Errand, Journey, Stage};
use crate::config::policy::Policy;
use crate::factors::FactorKind;
use crate::foundation::Timestamp;
use crate::foundation::ids::{ClientId, JourneyId};
use crate::foundation::secret::Hashed;
use crate::users::User;
use crate::vocabulary::acr::Level;
use crate::web::client_ip::ClientAddress;

/// A sign-in that is thought of.
#[derive(Debug, Clone, Copy)]
pub struct Thought<'a> {
    /// At this moment.
    pub at: Timestamp,
    /// By this person.
    pub user: &'a User,
    /// Of whom this is known.
    pub person: &'a Person,
    /// On the way to this application; none for our own pages.
    pub application: Option<&'a ClientId>,
    /// From this address, if one is thought of.
    pub address: Option<IpAddr>,
    /// At one of these levels, if the application insists.
    pub levels: &'a [Level],
}

/// What would follow a right password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prospect {
    /// Nothing: it is enough.
    Enough,
    /// One of these factors, strongest first.
    Give(Vec<FactorKind>),
    /// Enrolling one of these.
    Enrol(Vec<FactorKind>),
    /// A refusal.
    Refused(Refusal),
}

/// What `policy` asks in this sign-in, and what would follow a right password.
pub fn prospect(policy: &Policy, thought: &Thought<'_>) -> (Requirement, Prospect) {
    let Thought { at, user, person, application, address, levels } = *thought;
    // Where no address is thought of, nothing is permitted by one.
    let client = address.map_or(ClientAddress::Fallback(IpAddr::from([0, 0, 0, 0])), ClientAddress::Vouched);
    let circumstances =
        Circumstances { administrator: person.administrator, groups: &user.groups, application, client };
    let requirement = requirement(policy, &circumstances);
    let demands =
        Demands { levels: levels.to_vec(), level_essential: !levels.is_empty(), ..Demands::default() };
    let known = |id: &ClientId| Application { client: id.clone(), name: String::new(), start: None };
    let errand =
        Errand { resume: String::new(), data: serde_json::Value::Null, application: application.map(known) };
    let id = JourneyId::from_text("a thought");
    let mut journey = Journey::new(id, Hashed::of("no browser"), demands, errand, at);
    journey.permission = permission_by_network(policy, client);
    let facts =
        Facts { now: at, journey: &journey, session: None, person: Some(person), requirement: &requirement };
    let seen = Seen::after_password(&facts);
    let prospect = match (person.standing, after_password(&seen)) {
        (Err(reason), _) => Prospect::Refused(Refusal::NotServed(reason)),
        (Ok(()), Some(Next::Refuse(refusal))) => Prospect::Refused(refusal),
        (Ok(()), Some(Next::Ask(Stage::Enrolment, _))) => Prospect::Enrol(seen.enrollable()),
        (Ok(()), Some(Next::Ask(..))) => Prospect::Give(seen.offered()),
        (Ok(()), Some(Next::Arrive(_)) | None) => Prospect::Enough,
    };
    (requirement, prospect)
}
