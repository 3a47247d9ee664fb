//! Passkeys and security keys (WebAuthn Level 3): as a second factor, and passkeys without a password.
//!
//! A ceremony is begun here and its challenge kept here, for one journey and one purpose, for five minutes and one answer
//! (R-WA-01). What a browser was asked for proves nothing: only the signed answer counts, compared with the key's present record.
//!
//! Built on `webauthn-rs-core` and not on its wrapper, because the wrapper compares an answer with the key as it was when the
//! ceremony began (two answers of one counter would both pass), lets a key become copyable later (R-WA-07), and leaves out what
//! [`relying_party`] adds: the origin byte for byte, and no frames of others (R-WA-02).
//!
//! Must not: decide who may enrol (R-EN-01), or what a key is worth ([`super::assurance`]).
//! Follows: security requirements R-WA-01 to R-WA-10, R-EN-05, R-EN-06, R-MF-10.

mod authentication;
mod management;
mod registration;
pub mod relying_party;
pub(in crate::factors) mod store;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use registration::Account;

use relying_party::RelyingParty;

use super::FactorError;
use crate::audit::Trail;
use crate::config::Site;
use crate::foundation::{Clock, Random};
use crate::limits::AuthenticatorLockout;
use crate::storage::{SharedStore, StorageError};
use crate::users::notices::Notices;

/// Passkeys and security keys a person may have (R-EN-06).
pub const MOST: usize = 10;
/// How long a challenge may be answered (R-WA-01).
pub const OPEN_FOR: Duration = Duration::from_secs(5 * 60);

/// As what a key was enrolled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// Found by the browser without a name, and always verifying its user: also good without a password.
    Passkey,
    /// Beside a password only; old keys that verify nobody are welcome.
    SecurityKey,
}

impl KeyKind {
    /// What a form asks for in its field `kind`: a passkey, unless it is said otherwise.
    pub fn of_form(word: Option<&str>) -> Self {
        if word == Some(Self::SecurityKey.word()) { Self::SecurityKey } else { Self::Passkey }
    }

    /// The word for it in forms and the audit trail.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::SecurityKey => "security_key",
        }
    }
}

/// Passkeys and security keys of this installation.
#[derive(Debug, Clone)]
pub struct Passkeys {
    party: Option<Arc<RelyingParty>>,
    store: SharedStore,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    lockout: AuthenticatorLockout,
    trail: Trail,
    notices: Notices,
}

impl Passkeys {
    /// Those of `site`; each key may fail as often as `lockout` says.
    pub fn new(
        site: &Site,
        store: SharedStore,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        lockout: AuthenticatorLockout,
        trail: Trail,
    ) -> Self {
        let party = RelyingParty::of(site).map(Arc::new);
        Self { party, store, clock, random, lockout, trail, notices: Notices::default() }
    }

    /// The same, with mails by `notices`.
    pub fn telling(mut self, notices: Notices) -> Self {
        self.notices = notices;
        self
    }

    /// The host to which new ones are bound for ever; `None` where there can be none, since browsers know no passkeys of IP
    /// addresses.
    pub fn bound_to(&self) -> Option<&str> {
        self.party.as_ref().map(|party| party.id())
    }

    /// Another host to which the ones enrolled last are bound: here they are dead (R-WA-10).
    pub async fn lost_with(&self) -> Result<Option<String>, StorageError> {
        let enrolled = store::bound_to(&self.store).await?;
        Ok(enrolled.filter(|host| Some(host.as_str()) != self.bound_to()))
    }

    fn party(&self) -> Result<&RelyingParty, FactorError> {
        self.party.as_deref().ok_or(FactorError::NoPasskeys)
    }
}
