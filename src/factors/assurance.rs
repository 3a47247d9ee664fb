//! What a set of evidence is worth: level, methods and time (security.md sections 4.2 to 4.4). Pure.

use std::collections::BTreeSet;

use super::evidence::{Evidence, FactorKind, KeyProof};
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
    let second = evidence.iter().filter_map(beside_a_first).max();
    first.then(|| second.unwrap_or(Level::Password))
}

/// The level that a password and a factor of this kind reach together; `None` where the kind never raises a level.
pub fn level_with_password(kind: FactorKind) -> Option<Level> {
    match kind {
        FactorKind::Password | FactorKind::RecoveryCode => None,
        FactorKind::MailCode | FactorKind::RememberedDevice | FactorKind::AccessCode => Some(Level::MfaLow),
        FactorKind::Totp => Some(Level::Mfa),
        FactorKind::Passkey => Some(Level::PhishingResistant),
    }
}

/// The level that this very proof reaches beside a first factor: of keys, attested hardware reaches more.
fn beside_a_first(proof: &Evidence) -> Option<Level> {
    let hardware = |key: KeyProof| key.user_verified && key.attested && !key.backup_eligible;
    match proof.key() {
        Some(_) if proof.is_aged() => None,
        Some(key) if hardware(key) => Some(Level::PhishingResistantHardware),
        _ => level_with_password(proof.factor()),
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
        FactorKind::MailCode => &[Method::Email],
        FactorKind::RecoveryCode => &[Method::Recovery],
        FactorKind::RememberedDevice => &[Method::Rmb],
        FactorKind::AccessCode => &[Method::Tac],
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
