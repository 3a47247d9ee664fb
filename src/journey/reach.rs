//! What was proved, whether it is enough, and what the person concerned could add (R-MF-04).

use std::time::Duration;

use super::next::{Facts, Refusal, person_concerned};
use super::stage::EnrolmentPermission;
use crate::factors::assurance::level_with_password;
use crate::factors::{Evidence, FactorKind};
use crate::sessions::Assurance;
use crate::vocabulary::acr::Level;
use crate::vocabulary::amr::Method;

/// The kinds that can be enrolled within a journey, strongest first.
const ENROLLABLE: [FactorKind; 2] = [FactorKind::Passkey, FactorKind::Totp];

/// The kinds of second factors that the person may give now, strongest first (R-MF-04).
pub fn offered(facts: &Facts<'_>) -> Vec<FactorKind> {
    Seen::of(facts).offered()
}

/// For how long the device may be remembered at which a strong second factor is given; zero where it may not be, because
/// something is in mind that asks for more (security requirements 4.7).
pub fn offers_to_remember(facts: &Facts<'_>) -> Duration {
    use EnrolmentPermission::{FactorLink, Invitation};
    let enrols = matches!(facts.journey.permission, Some(Invitation | FactorLink));
    let recovers = facts.journey.has_recovered();
    let more = enrols || recovers || facts.journey.demands.strongest_within.is_some();
    if more { Duration::ZERO } else { facts.requirement.remembered_devices }
}

/// The same once it was given, in this very journey.
pub fn may_remember(facts: &Facts<'_>) -> Duration {
    let strong = |proof: &Evidence| level_with_password(proof.factor()) >= Some(Level::Mfa);
    let given = facts.journey.evidence().iter().any(strong);
    if given { offers_to_remember(facts) } else { Duration::ZERO }
}

/// For how long a device may have been remembered that stands in for the second factor now; zero where none may.
pub fn may_recognise(facts: &Facts<'_>) -> Duration {
    let seen = Seen::of(facts);
    let helps = seen.lacks_level() == Ok(true) && seen.would_help(FactorKind::RememberedDevice);
    if helps { offers_to_remember(facts) } else { Duration::ZERO }
}

/// The kinds of second factors of which a new one would do, strongest first.
pub fn enrollable(facts: &Facts<'_>) -> Vec<FactorKind> {
    Seen::of(facts).enrollable()
}

/// How old the proofs may be with which a factor is added (R-EN-01).
const FRESH_FOR_CHANGES: Duration = Duration::from_secs(5 * 60);

/// Whether a first passkey may be set up for the next time by what was just proved in this journey: a first factor, and the
/// strongest second one that there is (R-EN-01).
pub fn may_add_passkey(facts: &Facts<'_>) -> bool {
    let seen = Seen::of(facts);
    let strongest = seen.strongest();
    let just = |sought: &dyn Fn(&Evidence) -> bool| {
        let young = |proof: &&Evidence| facts.now.since(proof.at()) <= FRESH_FOR_CHANGES;
        facts.journey.evidence().iter().filter(young).any(sought)
    };
    seen.highest() > Level::Mfa
        && !strongest.contains(&FactorKind::Passkey)
        && just(&Evidence::is_first)
        && just(&|proof| strongest.contains(&proof.factor()))
}

/// The facts, and what all that was proved and is still fresh adds up to.
pub(super) struct Seen<'a> {
    facts: &'a Facts<'a>,
    fresh: Vec<Evidence>,
    /// What that is worth.
    pub assurance: Option<Assurance>,
}

impl<'a> std::ops::Deref for Seen<'a> {
    type Target = Facts<'a>;

    fn deref(&self) -> &Facts<'a> {
        self.facts
    }
}

impl<'a> Seen<'a> {
    pub(super) fn of(facts: &'a Facts<'a>) -> Self {
        let max_age = facts.requirement.second_factor_max_age;
        let fresh = Assurance::fresh(proofs(facts), facts.now, max_age);
        // A passkey that does not count as second factor is a first one all the same.
        let left = |proof: Evidence| if counts(facts, proof.factor()) { Some(proof) } else { proof.aged() };
        let fresh: Vec<_> = fresh.into_iter().filter_map(left).collect();
        Self { facts, assurance: Assurance::of_fresh(&fresh), fresh }
    }

    /// The same as if the person had just typed the right password, and proved nothing else.
    pub(super) fn after_password(facts: &'a Facts<'a>) -> Self {
        let assurance =
            Assurance { level: Level::Password, methods: vec![Method::Pwd], auth_time: facts.now };
        Self { facts, fresh: Vec::new(), assurance: Some(assurance) }
    }

    /// The level reached so far.
    pub(super) fn level(&self) -> Option<Level> {
        self.assurance.as_ref().map(|assurance| assurance.level)
    }
}

/// Whether policy lets proofs of this kind count.
fn counts(facts: &Facts<'_>, kind: FactorKind) -> bool {
    let requirement = facts.requirement;
    match kind {
        FactorKind::RememberedDevice => requirement.instead.contains(&kind),
        kind => !FactorKind::SECOND.contains(&kind) || requirement.counting.contains(&kind),
    }
}

/// Everything proved by the person concerned: in this journey, and before in this browser's session.
fn proofs(facts: &Facts<'_>) -> Vec<Evidence> {
    let concerned = person_concerned(facts.journey, facts.session);
    let earlier = facts.session.filter(|session| Some(&session.user) == concerned);
    let earlier = earlier.into_iter().flat_map(|session| session.evidence.iter());
    earlier.chain(facts.journey.evidence()).cloned().collect()
}

impl Seen<'_> {
    /// The kinds the person can give. A recovery code of this journey stands for those that were lost (R-EN-01). Codes by mail
    /// are none where they do not count.
    fn factors(&self) -> Vec<FactorKind> {
        let lost = self.journey.has_recovered();
        let known = self.person.filter(|_| !lost).map(|person| person.factors.clone()).unwrap_or_default();
        let counts = |kind: &FactorKind| self.requirement.counting.contains(kind);
        known.into_iter().filter(|kind| *kind != FactorKind::MailCode || counts(kind)).collect()
    }

    /// The person's strongest kinds.
    pub(super) fn strongest(&self) -> Vec<FactorKind> {
        let factors = self.factors();
        let highest = factors.iter().filter_map(|kind| level_with_password(*kind)).max();
        factors.into_iter().filter(|kind| level_with_password(*kind) == highest).collect()
    }

    /// Whether a second factor is enrolled; codes by mail and from the help desk are not.
    pub(super) fn has_enrolled(&self) -> bool {
        let enrolled = |kind: &FactorKind| level_with_password(*kind) >= Some(Level::Mfa);
        self.factors().iter().any(enrolled)
    }

    /// Whether `level`, reached by factors that `include` knows, is what policy asks, or what it accepts in its place.
    fn meets_floor(&self, level: Option<Level>, include: impl Fn(FactorKind) -> bool) -> bool {
        let in_its_place =
            self.requirement.instead.iter().any(|kind| include(*kind) && level >= level_with_password(*kind));
        level >= Some(self.requirement.floor) || in_its_place
    }

    /// Whether `level` is one of those wished, or none of them can be reached by anybody (R-AZ-12).
    fn meets_wish(&self, level: Option<Level>) -> bool {
        let highest = self.highest();
        let mut levels = self.journey.demands.levels.iter().filter(|wished| **wished <= highest).peekable();
        levels.peek().is_none() || levels.any(|wished| Some(*wished) <= level)
    }

    fn is_proved(&self, kind: FactorKind) -> bool {
        self.fresh.iter().any(|proof| proof.factor() == kind && !proof.is_aged())
    }

    /// The highest level that anybody can reach here.
    fn highest(&self) -> Level {
        let keys = self.person.is_some_and(|person| person.can_have_keys);
        let keys = keys && self.requirement.counting.contains(&FactorKind::Passkey);
        if keys { Level::PhishingResistant } else { Level::Mfa }
    }

    /// The factors that policy wants besides, and that were not proved.
    fn missing_besides(&self) -> Vec<FactorKind> {
        self.requirement.also.iter().copied().filter(|kind| !self.is_proved(*kind)).collect()
    }

    /// Whether what was proved is all that policy asks.
    pub(super) fn meets_policy(&self) -> bool {
        self.meets_floor(self.level(), |kind| self.is_proved(kind)) && self.missing_besides().is_empty()
    }

    /// Whether one more proof of `kind` is what is missing, or a part of it.
    fn would_help(&self, kind: FactorKind) -> bool {
        let level = self.level().max(level_with_password(kind));
        let lifts = level > self.level() || self.requirement.instead.contains(&kind);
        let reaches = self.meets_floor(level, |other| other == kind) && self.meets_wish(level);
        let enough =
            self.meets_floor(self.level(), |kind| self.is_proved(kind)) && self.meets_wish(self.level());
        counts(self.facts, kind) && (self.missing_besides().contains(&kind) || (!enough && lifts && reaches))
    }

    /// The kinds that the person could enrol to go on.
    pub(super) fn enrollable(&self) -> Vec<FactorKind> {
        let (known, forced) = (self.factors(), self.owes_enrolment());
        let possible = |kind| kind != FactorKind::Passkey || self.highest() > Level::Mfa;
        let enrollable = ENROLLABLE.into_iter().filter(|kind| possible(*kind) && !known.contains(kind));
        enrollable.filter(|kind| self.would_help(*kind) || (forced && counts(self.facts, *kind))).collect()
    }

    /// Whoever was let in by the help desk sets up a factor before anything else, whatever level that is.
    pub(super) fn owes_enrolment(&self) -> bool {
        let set_up = ENROLLABLE.iter().any(|kind| self.journey.has_proof_of(*kind));
        self.journey.has_proof_of(FactorKind::AccessCode) && !set_up
    }

    /// Whether such a proof was given so recently, or in this journey.
    pub(super) fn proved(&self, sought: impl Fn(&Evidence) -> bool, within: Duration) -> bool {
        let young =
            |proof: &Evidence| self.now.since(proof.at()) <= within || *proof.journey() == self.journey.id;
        proofs(self.facts).iter().any(|proof| sought(proof) && young(proof))
    }

    /// Whether the person is known by a passkey, without a password.
    pub(super) fn is_without_password(&self) -> bool {
        let has = |sought: fn(&Evidence) -> bool| self.fresh.iter().any(sought);
        has(Evidence::is_first) && !has(|proof| proof.factor() == FactorKind::Password)
    }

    /// The strongest of the person's factors were not proved as recently as is demanded.
    pub(super) fn lacks_strongest(&self) -> bool {
        let Some(within) = self.journey.demands.strongest_within else { return false };
        let strongest = self.strongest();
        let sought = |proof: &Evidence| strongest.contains(&proof.factor());
        !strongest.is_empty() && !self.proved(sought, Duration::from_secs(within))
    }

    /// Whether more must be proved than was; `Err` where nobody could.
    pub(super) fn lacks_level(&self) -> Result<bool, Refusal> {
        let demands = &self.journey.demands;
        let met = demands.levels.iter().any(|level| Some(*level) <= self.level());
        let highest = self.highest();
        let impossible = !demands.levels.is_empty() && demands.levels.iter().all(|level| *level > highest);
        if self.requirement.floor > highest || (demands.level_essential && !met && impossible) {
            return Err(Refusal::LevelOutOfReach);
        }
        Ok(self.owes_enrolment() || !(self.meets_policy() && self.meets_wish(self.level())))
    }

    /// Whether the person can only go on with a factor that is not enrolled yet: whoever adds one first proves the strongest
    /// of those there are (R-EN-01), and who has none proves the mailbox (R-EN-02).
    pub(super) fn must_enrol(&self) -> bool {
        !self.meets_policy() || self.owes_enrolment() || self.journey.demands.level_essential
    }

    /// See [`offered`].
    pub(super) fn offered(&self) -> Vec<FactorKind> {
        if self.lacks_strongest() {
            return self.strongest();
        }
        if self.lacks_level() != Ok(true) {
            return Vec::new();
        }
        let helping: Vec<_> = self.factors().into_iter().filter(|kind| self.would_help(*kind)).collect();
        let strongest = self.strongest();
        let proved = strongest.iter().any(|kind| self.journey.has_proof_of(*kind));
        let enrols = helping.is_empty() && self.must_enrol() && !self.enrollable().is_empty();
        if enrols && !proved { strongest } else { helping }
    }

    /// Whoever may enrol a first factor here does so, rather than sign in with a code by mail; in a network where the password
    /// alone permits it, the person may choose the code.
    pub(super) fn enrols_instead(&self) -> bool {
        let chosen = self.journey.chosen == Some(FactorKind::MailCode);
        match self.journey.permission {
            None => false,
            Some(EnrolmentPermission::Network) => !self.has_enrolled() && !chosen,
            Some(_) => !self.has_enrolled(),
        }
    }
}
