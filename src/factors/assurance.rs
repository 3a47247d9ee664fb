//! What a set of evidence is worth: level, methods and time (security.md sections 4.2 to 4.4). Pure.

use std::collections::BTreeSet;

use super::evidence::{Evidence, FactorKind};
use crate::foundation::Timestamp;
use crate::vocabulary::acr::Level;
use crate::vocabulary::amr::Method;

/// The level that `evidence`, all of it still fresh, reaches; `None` where it proves nothing on its own.
/// A second factor counts only together with a first one of the same person, which a key that has verified its user is at
/// the same time; a recovery code never raises (R-RC-06).
pub fn level(evidence: &[Evidence]) -> Option<Level> {
    let one_person =
        evidence.iter().zip(evidence.iter().skip(1)).all(|(one, next)| one.user() == next.user());
    let first = one_person && evidence.iter().any(Evidence::is_first);
    first.then(|| evidence.iter().map(beside_a_first).max()).flatten()
}

/// The level that a proof reaches beside a first factor.
fn beside_a_first(proof: &Evidence) -> Level {
    match (proof.factor(), proof.key()) {
        (FactorKind::Totp, _) => Level::Mfa,
        (FactorKind::Passkey, Some(_)) if proof.is_aged() => Level::Password,
        (FactorKind::Passkey, Some(key)) if key.user_verified && key.attested && !key.backup_eligible => {
            Level::PhishingResistantHardware
        }
        (FactorKind::Passkey, Some(_)) => Level::PhishingResistant,
        _ => Level::Password,
    }
}

/// The methods of `evidence` in a fixed order, with `mfa` where two different types were used.
pub fn amr(evidence: &[Evidence]) -> Vec<Method> {
    let mut methods: BTreeSet<Method> = evidence.iter().flat_map(own).copied().collect();
    if level(evidence).is_some_and(|level| level >= Level::Mfa) {
        methods.insert(Method::Mfa);
    }
    methods.into_iter().collect()
}

/// The methods of one proof. Hardware is said only where its maker has vouched for it.
fn own(proof: &Evidence) -> &'static [Method] {
    match proof.factor() {
        FactorKind::Password => &[Method::Pwd],
        FactorKind::Totp => &[Method::Otp],
        FactorKind::RecoveryCode => &[Method::Recovery],
        FactorKind::Passkey if proof.key().is_some_and(|key| key.attested) => {
            &[Method::Hwk, Method::Pop, Method::User]
        }
        FactorKind::Passkey => &[Method::Swk, Method::Pop, Method::User],
    }
}

/// `auth_time`: the moment of the last proof (section 4.4).
pub fn auth_time(evidence: &[Evidence]) -> Option<Timestamp> {
    evidence.iter().map(Evidence::at).max()
}
