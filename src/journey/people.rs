//! Reads what the decision must know of a person.

use std::sync::Arc;

use super::error;
use super::next::Person;
use crate::factors::{AccessCodes, Enrolled, Factor, FactorKind, MailCodes, Passkeys, TotpFactor};
use crate::foundation::Clock;
use crate::foundation::ids::ClientId;
use crate::grants::Grants;
use crate::users::{Passwords, User, Users, standing};
use crate::web::Failure;

/// Where it stands.
#[derive(Debug, Clone)]
pub struct People {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who administers.
    pub users: Users,
    /// Whether a password must be changed.
    pub passwords: Arc<Passwords>,
    /// Passkeys and security keys.
    pub passkeys: Passkeys,
    /// Authenticator apps and hardware tokens.
    pub totp: Arc<TotpFactor>,
    /// Codes by mail.
    pub mail_codes: MailCodes,
    /// Codes from the help desk.
    pub access_codes: AccessCodes,
    /// What was consented to.
    pub grants: Grants,
}

impl People {
    /// What is to be known of `user`, who may be on the way to an application that needs consent.
    pub async fn read(&self, user: &User, consent_for: Option<&ClientId>) -> Result<Person, Failure> {
        let consent = match consent_for {
            Some(client) => self.grants.consent(&user.id, client).await?,
            None => None,
        };
        Ok(Person {
            user: user.id.clone(),
            administrator: self.users.administrators().await?.contains(&user.id),
            standing: standing(user, self.clock.now()),
            must_change_password: self.passwords.must_change(&user.id).await?,
            factors: self.factors(user).await?,
            can_have_keys: self.passkeys.bound_to().is_some(),
            consent: consent.map(|consent| consent.scopes),
        })
    }

    /// The kinds of second factors that `user` can give, strongest first.
    async fn factors(&self, user: &User) -> Result<Vec<FactorKind>, Failure> {
        let keys = self.passkeys.enrolled(&user.id).await.map_err(error::factor)?;
        let apps = self.totp.enrolled(&user.id).await.map_err(error::factor)?;
        let usable = |all: &[Enrolled]| all.iter().any(|one| one.usable);
        let mut kinds = Vec::new();
        // Whoever has nothing but what is locked has a factor all the same: a first one is enrolled with less proof.
        if usable(&keys) || (!keys.is_empty() && apps.is_empty()) {
            kinds.push(FactorKind::Passkey);
        }
        if !apps.is_empty() {
            kinds.push(FactorKind::Totp);
        }
        if self.mail_codes.serves(user).await? {
            kinds.push(FactorKind::MailCode);
        }
        if self.access_codes.is_live(&user.id).await? {
            kinds.push(FactorKind::AccessCode);
        }
        Ok(kinds)
    }
}
