//! What a set of evidence is worth: level, methods and time (security.md sections 4.2 to 4.4). Pure.

use std::collections::BTreeSet;

use super::evidence::{Evidence, FactorKind};
use crate::foundation::Timestamp;
use crate::vocabulary::acr::Level;
use crate::vocabulary::amr::Method;

/// The level that `evidence`, all of it still fresh, reaches; `None` where it proves nothing on its own.
/// A second factor counts only together with a password of the same person; a recovery code never raises (R-RC-06).
pub fn level(evidence: &[Evidence]) -> Option<Level> {
    let has = |kind| evidence.iter().any(|proof| proof.factor() == kind);
    let one_person =
        evidence.iter().zip(evidence.iter().skip(1)).all(|(one, next)| one.user() == next.user());
    match (one_person && has(FactorKind::Password), has(FactorKind::Totp)) {
        (false, _) => None,
        (true, false) => Some(Level::Password),
        (true, true) => Some(Level::Mfa),
    }
}

/// The methods of `evidence` in a fixed order, with `mfa` where two different types were used.
pub fn amr(evidence: &[Evidence]) -> Vec<Method> {
    let own = |proof: &Evidence| match proof.factor() {
        FactorKind::Password => Method::Pwd,
        FactorKind::Totp => Method::Otp,
        FactorKind::RecoveryCode => Method::Recovery,
    };
    let mut methods: BTreeSet<Method> = evidence.iter().map(own).collect();
    if level(evidence).is_some_and(|level| level >= Level::Mfa) {
        methods.insert(Method::Mfa);
    }
    methods.into_iter().collect()
}

/// `auth_time`: the moment of the last proof (section 4.4).
pub fn auth_time(evidence: &[Evidence]) -> Option<Timestamp> {
    evidence.iter().map(Evidence::at).max()
}
