//! What was proved, whether it is enough, and what the person concerned could add (R-MF-04).

use std::time::Duration;

use super::next::{Facts, Refusal, person_concerned};
use super::stage::EnrolmentPermission;
use crate::factors::assurance::level_with_password;
use crate::factors::{Evidence, FactorKind};
use crate::sessions::Assurance;
use crate::vocabulary::acr::Level;

/// The kinds of second factors that the person may give now, strongest first (R-MF-04).
pub fn offered(facts: &Facts<'_>) -> Vec<FactorKind> {
    Seen::of(facts).offered()
}

/// The kinds of second factors of which a new one would do, strongest first.
pub fn enrollable(facts: &Facts<'_>) -> Vec<FactorKind> {
    let seen = Seen::of(facts);
    let possible = |kind: &FactorKind| level_with_password(*kind) <= Some(seen.requirement.highest);
    let kinds = [FactorKind::Passkey, FactorKind::Totp].into_iter().filter(possible);
    kinds.filter(|kind| seen.would_do(*kind)).collect()
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
        Self { facts, assurance: Assurance::of_fresh(&fresh), fresh }
    }

    /// The level reached so far.
    pub(super) fn level(&self) -> Option<Level> {
        self.assurance.as_ref().map(|assurance| assurance.level)
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
    /// The kinds the person can give. A recovery code of this journey stands for those that were lost (R-EN-01).
    fn factors(&self) -> &[FactorKind] {
        let lost = self.journey.has_proof_of(FactorKind::RecoveryCode);
        self.person.filter(|_| !lost).map_or(&[], |person| &person.factors)
    }

    /// The person's strongest kinds.
    pub(super) fn strongest(&self) -> Vec<FactorKind> {
        let highest = self.factors().iter().filter_map(|kind| level_with_password(*kind)).max();
        let is_highest = |kind: &FactorKind| level_with_password(*kind) == highest;
        self.factors().iter().copied().filter(is_highest).collect()
    }

    /// Whether a second factor is enrolled; codes by mail are not.
    pub(super) fn has_enrolled(&self) -> bool {
        self.factors().iter().any(|kind| *kind != FactorKind::MailCode)
    }

    /// Whether `level`, reached by factors that `include` knows, is what policy asks, or what it accepts in its place.
    fn meets_floor(&self, level: Option<Level>, include: impl Fn(FactorKind) -> bool) -> bool {
        let in_its_place =
            self.requirement.instead.iter().any(|kind| include(*kind) && level >= level_with_password(*kind));
        level >= Some(self.requirement.floor) || in_its_place
    }

    /// Whether `level` is one of those wished, or none of them can be reached by anybody (R-AZ-12).
    fn meets_wish(&self, level: Option<Level>) -> bool {
        let mut levels = self
            .journey
            .demands
            .levels
            .iter()
            .filter(|wished| **wished <= self.requirement.highest)
            .peekable();
        levels.peek().is_none() || levels.any(|wished| Some(*wished) <= level)
    }

    /// Whether what was proved meets policy's floor.
    pub(super) fn is_above_floor(&self) -> bool {
        self.meets_floor(self.level(), |kind| self.fresh.iter().any(|proof| proof.factor() == kind))
    }

    /// Whether what was proved, with one more proof of `kind`, is enough.
    fn would_do(&self, kind: FactorKind) -> bool {
        let level = self.level().max(level_with_password(kind));
        self.meets_floor(level, |other| other == kind) && self.meets_wish(level)
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
        let highest = self.requirement.highest;
        let impossible = !demands.levels.is_empty() && demands.levels.iter().all(|level| *level > highest);
        if self.requirement.floor > highest || (demands.level_essential && !met && impossible) {
            return Err(Refusal::LevelOutOfReach);
        }
        Ok(!(self.is_above_floor() && self.meets_wish(self.level())))
    }

    /// Whether the person can only go on with a factor that is not enrolled yet: whoever adds one first proves the strongest
    /// of those there are (R-EN-01), and who has none proves the mailbox (R-EN-02).
    pub(super) fn must_enrol(&self) -> bool {
        !self.is_above_floor() || self.journey.demands.level_essential
    }

    /// See [`offered`].
    pub(super) fn offered(&self) -> Vec<FactorKind> {
        if self.lacks_strongest() {
            return self.strongest();
        }
        if self.lacks_level() != Ok(true) {
            return Vec::new();
        }
        let enough: Vec<_> = self.factors().iter().copied().filter(|kind| self.would_do(*kind)).collect();
        let strongest = self.strongest();
        let proved = strongest.iter().any(|kind| self.journey.has_proof_of(*kind));
        if enough.is_empty() && self.must_enrol() && !proved { strongest } else { enough }
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
