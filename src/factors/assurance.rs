//! What a set of evidence is worth: level, methods and time (security.md sections 4.2 to 4.4). Pure.

use std::collections::BTreeSet;

use super::evidence::{Evidence, FactorKind};
use crate::foundation::Timestamp;
use crate::vocabulary::acr::Level;
use crate::vocabulary::amr::Method;

/// The level that `evidence`, all of it still fresh, reaches; `None` where it proves nothing on its own.
/// A second factor counts only together with a password of the same person; a recovery code never raises (R-RC-06).
pub fn level(evidence: &[Evidence]) -> Option<Level> {
    let one_person =
        evidence.iter().zip(evidence.iter().skip(1)).all(|(one, next)| one.user() == next.user());
    let first = one_person && evidence.iter().any(|proof| proof.factor() == FactorKind::Password);
    let second = evidence.iter().filter_map(|proof| level_with_password(proof.factor())).max();
    first.then(|| second.unwrap_or(Level::Password))
}

/// The level that a password and a factor of this kind reach together; `None` where the kind never raises a level.
pub fn level_with_password(kind: FactorKind) -> Option<Level> {
    match kind {
        FactorKind::Password | FactorKind::RecoveryCode => None,
        FactorKind::MailCode => Some(Level::MfaLow),
        FactorKind::Totp => Some(Level::Mfa),
    }
}

/// The methods of `evidence` in a fixed order, with `mfa` where two different types were used.
pub fn amr(evidence: &[Evidence]) -> Vec<Method> {
    let own = |proof: &Evidence| match proof.factor() {
        FactorKind::Password => Method::Pwd,
        FactorKind::Totp => Method::Otp,
        FactorKind::MailCode => Method::Email,
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
