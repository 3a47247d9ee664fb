//! The one decision of every journey: what now? A pure function of journey, session, person and policy.
//! Each rule has a reason, which the page, the log and the `prompt=none` error share.

use std::time::Duration;

use super::policy::Requirement;
use super::reach::Seen;
use super::stage::{AccountChoice, EnrolmentPermission, Journey, Stage};
use crate::factors::{Evidence, FactorKind};
use crate::foundation::Timestamp;
use crate::foundation::ids::UserId;
use crate::sessions::{Assurance, Session};
use crate::users::Reason;
use crate::vocabulary::{ErrorCode, Scopes};

/// All that the decision rests on, read at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// That moment.
    pub now: Timestamp,
    /// The journey, perhaps not begun yet.
    pub journey: &'a Journey,
    /// The live session of this browser.
    pub session: Option<&'a Session>,
    /// The person concerned (see [`person_concerned`]).
    pub person: Option<&'a Person>,
    /// What policy asks.
    pub requirement: &'a Requirement,
}

/// What the decision must know of a person.
#[derive(Debug, Clone)]
pub struct Person {
    /// Who.
    pub user: UserId,
    /// Whether the person administers this installation.
    pub administrator: bool,
    /// Whether the person may be served at all.
    pub standing: Result<(), Reason>,
    /// Whether the password must be changed.
    pub must_change_password: bool,
    /// The kinds of second factors that the person can give: those enrolled, and codes by mail where they reach the person.
    pub factors: Vec<FactorKind>,
    /// Whether there can be passkeys here.
    pub can_have_keys: bool,
    /// What the person let the application learn before.
    pub consent: Option<Scopes>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Ask the person this, for this reason.
    Ask(Stage, Why),
    /// All is proved.
    Arrive(Assurance),
    /// It cannot go on.
    Refuse(Refusal),
}

/// Why something is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Nobody is signed in.
    NobodySignedIn,
    /// The account shall be chosen.
    AccountToChoose,
    /// The application asked for a fresh sign-in.
    FreshLoginDemanded,
    /// The last proof is older than the application accepts.
    ProofTooOld,
    /// Somebody else is signed in than the application means.
    OtherPersonSignedIn,
    /// Policy, or the application, asks for more than a password.
    LevelTooLow,
    /// The password must be changed, or set for the first time.
    PasswordToChange,
    /// There is no second factor yet, or the lost one must be replaced.
    FactorToEnrol,
    /// New recovery codes must be saved.
    CodesToSave,
    /// A passkey would be quicker than what was just given (section 4.6).
    FasterNextTime,
    /// The application may not learn this yet.
    ConsentToGive,
}

/// Why a journey cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The person may not be served.
    NotServed(Reason),
    /// Another person signed in than the application means.
    OtherPerson,
    /// Policy lets nobody like this person in there.
    Denied,
    /// No second factor, and none may be enrolled from here (R-EN-02).
    EnrolmentNotPermitted,
    /// No factor of this person reaches the level.
    LevelOutOfReach,
}

impl Next {
    /// What a client that allows no page is told (OpenID Connect Core section 3.1.2.6).
    pub fn silent_error(&self) -> Option<ErrorCode> {
        match self {
            Self::Arrive(_) => None,
            Self::Ask(Stage::Account, _) => Some(ErrorCode::AccountSelectionRequired),
            Self::Ask(Stage::Password, _) | Self::Refuse(Refusal::OtherPerson | Refusal::NotServed(_)) => {
                Some(ErrorCode::LoginRequired)
            }
            Self::Refuse(Refusal::Denied) => Some(ErrorCode::AccessDenied),
            Self::Ask(Stage::Consent, _) => Some(ErrorCode::ConsentRequired),
            Self::Refuse(Refusal::LevelOutOfReach) => Some(ErrorCode::UnmetAuthenticationRequirements),
            Self::Ask(..) | Self::Refuse(Refusal::EnrolmentNotPermitted) => {
                Some(ErrorCode::InteractionRequired)
            }
        }
    }
}

/// Whom a journey concerns: the one it has fixed, else whoever is signed in, unless another account was chosen.
pub fn person_concerned<'a>(journey: &'a Journey, session: Option<&'a Session>) -> Option<&'a UserId> {
    let signed_in =
        session.filter(|_| journey.account != AccountChoice::Another).map(|session| &session.user);
    journey.user().or(signed_in)
}

type Rule = fn(&Seen<'_>) -> Option<Next>;

/// The rules, in the order in which they are asked; the first that has something to say decides.
const RULES: [Rule; 15] = [
    account_to_choose,
    nobody_signed_in,
    not_served,
    other_person,
    password_by_invitation,
    fresh_login,
    proof_too_old,
    denied,
    strongest_proof,
    level_by_enrolled_factor,
    password_to_change,
    level_by_enrolment,
    codes_to_save,
    passkey_to_offer,
    consent_to_give,
];

/// What the rules of the second factor say; `None` where it needs none.
pub(super) fn after_password(seen: &Seen<'_>) -> Option<Next> {
    let rules: [Rule; 3] = [denied, level_by_enrolled_factor, level_by_enrolment];
    rules.iter().find_map(|rule| rule(seen))
}

/// What now?
pub fn next(facts: &Facts<'_>) -> Next {
    let seen = Seen::of(facts);
    let decided = RULES.iter().find_map(|rule| rule(&seen));
    let arrived = seen.assurance.map_or(Next::Ask(Stage::Password, Why::NobodySignedIn), Next::Arrive);
    decided.unwrap_or(arrived)
}

fn account_to_choose(facts: &Seen<'_>) -> Option<Next> {
    let undecided = facts.journey.account == AccountChoice::Open && facts.journey.user().is_none();
    let asked = facts.journey.demands.select_account && facts.session.is_some() && undecided;
    asked.then_some(Next::Ask(Stage::Account, Why::AccountToChoose))
}

fn nobody_signed_in(facts: &Seen<'_>) -> Option<Next> {
    facts.person.is_none().then_some(Next::Ask(Stage::Password, Why::NobodySignedIn))
}

fn not_served(facts: &Seen<'_>) -> Option<Next> {
    let reason = facts.person?.standing.err()?;
    // Whoever is only signed in from before may sign in as somebody else; whoever proved to be this person may not go on.
    let fixed = facts.journey.user().is_some();
    Some(if fixed {
        Next::Refuse(Refusal::NotServed(reason))
    } else {
        Next::Ask(Stage::Password, Why::NobodySignedIn)
    })
}

fn other_person(facts: &Seen<'_>) -> Option<Next> {
    let meant = facts.journey.demands.subject.as_ref()?;
    if *meant == facts.person?.user {
        return None;
    }
    let fixed = facts.journey.user().is_some();
    Some(if fixed {
        Next::Refuse(Refusal::OtherPerson)
    } else {
        Next::Ask(Stage::Password, Why::OtherPersonSignedIn)
    })
}

/// Whoever came by an invitation proves the password by setting it.
fn password_by_invitation(facts: &Seen<'_>) -> Option<Next> {
    let invited = facts.journey.permission == Some(EnrolmentPermission::Invitation);
    let asked = invited && !facts.journey.has_proof_of(FactorKind::Password);
    asked.then_some(Next::Ask(Stage::NewPassword, Why::PasswordToChange))
}

fn fresh_login(facts: &Seen<'_>) -> Option<Next> {
    let asked = facts.journey.demands.fresh_login && !facts.journey.has_first_proof();
    asked.then_some(Next::Ask(Stage::Password, Why::FreshLoginDemanded))
}

/// A proof of this very journey is always young enough (section 4.10: `max_age=0` means a fresh proof now).
fn proof_too_old(facts: &Seen<'_>) -> Option<Next> {
    let Some(known) = &facts.assurance else {
        return Some(Next::Ask(Stage::Password, Why::NobodySignedIn));
    };
    let max_age = facts.journey.demands.max_age?;
    let age = facts.now.since(known.auth_time);
    let too_old = max_age == 0 || age > std::time::Duration::from_secs(max_age);
    (facts.journey.evidence().is_empty() && too_old).then_some(Next::Ask(Stage::Password, Why::ProofTooOld))
}

/// Said only to who has proved to be this person.
fn denied(facts: &Seen<'_>) -> Option<Next> {
    facts.requirement.denied.then_some(Next::Refuse(Refusal::Denied))
}

/// The strongest factor that there is, although a weaker one would do: proofs are about to be changed (R-EN-01).
fn strongest_proof(facts: &Seen<'_>) -> Option<Next> {
    let within = Duration::from_secs(facts.journey.demands.strongest_within?);
    if !facts.proved(Evidence::is_first, within) {
        return Some(Next::Ask(Stage::Password, Why::ProofTooOld));
    }
    facts.lacks_strongest().then_some(Next::Ask(Stage::SecondFactor, Why::ProofTooOld))
}

fn level_by_enrolled_factor(facts: &Seen<'_>) -> Option<Next> {
    match facts.lacks_level() {
        Err(refusal) => Some(Next::Refuse(refusal)),
        Ok(false) => None,
        Ok(true) => {
            let asked = !facts.enrols_instead() && !facts.offered().is_empty();
            asked.then_some(Next::Ask(Stage::SecondFactor, Why::LevelTooLow))
        }
    }
}

/// Whoever came without the password is not asked to change it: that waits for whoever comes with it.
fn password_to_change(facts: &Seen<'_>) -> Option<Next> {
    let must = facts.person?.must_change_password && !facts.is_without_password();
    let wished = facts.journey.demands.new_password && !facts.journey.password_chosen;
    if !must && !wished {
        return None;
    }
    // Whoever changes a password has just given the present one (R-PW-08).
    let proved = facts.journey.has_proof_of(FactorKind::Password);
    let stage = if proved { Stage::NewPassword } else { Stage::Password };
    Some(Next::Ask(stage, Why::PasswordToChange))
}

/// Whoever may: by an administrator's link or the network (R-EN-02), with a recovery code in place of the lost factor (R-RC-06,
/// R-EN-01), or having just proved the strongest factor there is. Where nothing may be enrolled, policy's floor and an essential
/// level refuse; a wish that this person cannot fulfil is dropped (R-AZ-12).
fn level_by_enrolment(facts: &Seen<'_>) -> Option<Next> {
    if facts.lacks_level() != Ok(true) {
        return None;
    }
    let journey = facts.journey;
    if facts.enrollable().is_empty() {
        return facts.must_enrol().then_some(Next::Refuse(Refusal::LevelOutOfReach));
    }
    let permitted = journey.permission.is_some();
    let proved = facts.strongest().iter().any(|kind| journey.has_proof_of(*kind));
    let vouched = proved && (permitted || facts.must_enrol());
    let first = permitted && !facts.has_enrolled();
    if first || journey.has_recovered() || vouched {
        Some(Next::Ask(Stage::Enrolment, Why::FactorToEnrol))
    } else if !facts.meets_policy() {
        Some(Next::Refuse(Refusal::EnrolmentNotPermitted))
    } else {
        let essential = journey.demands.level_essential;
        essential.then_some(Next::Refuse(Refusal::LevelOutOfReach))
    }
}

fn codes_to_save(facts: &Seen<'_>) -> Option<Next> {
    facts.journey.codes_unsaved.then_some(Next::Ask(Stage::RecoveryCodes, Why::CodesToSave))
}

fn passkey_to_offer(facts: &Seen<'_>) -> Option<Next> {
    facts.journey.passkey_offered.then_some(Next::Ask(Stage::PasskeyOffer, Why::FasterNextTime))
}

fn consent_to_give(facts: &Seen<'_>) -> Option<Next> {
    let demand = facts.journey.demands.consent.as_ref()?;
    let given = facts.person?.consent.as_ref().is_some_and(|given| demand.scopes.is_within(given));
    let settled = facts.journey.consented || (given && !demand.again);
    (!settled).then_some(Next::Ask(Stage::Consent, Why::ConsentToGive))
}
