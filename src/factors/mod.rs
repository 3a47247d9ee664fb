//! Factors: how a person proves who they are. Each kind is one file behind the [`Factor`] trait.
//!
//! A proof that was accepted becomes [`Evidence`]: who proved what, with which credential, when, and for which journey.
//! Nothing outside this module can make one (R-MF-01), and what a set of evidence is worth is computed in
//! [`assurance`] and nowhere else.
//!
//! Must not: decide which factor is enough (that is the journey's policy, R-MF-04), or keep a secret unsealed.
//! Follows: security requirements R-MF-01, R-MF-06, R-MF-10, R-EN-03, R-EN-06, R-RC-04, R-RC-06, R-WA-01 to R-WA-10.

pub mod access_codes;
mod apps;
pub mod assurance;
pub mod enrolment;
pub mod error;
pub mod evidence;
pub mod hardware_tokens;
mod held;
pub mod mail_code;
pub mod oath;
pub mod passkeys;
pub mod password;
mod pskc;
mod pskc_tree;
pub mod recovery_codes;
pub mod recovery_sheet;
pub mod remembered_devices;
pub mod removal;
pub mod sealed_seeds;
pub mod seeds;
pub mod store;
pub mod token_store;
pub mod totp;

use std::sync::Arc;

use async_trait::async_trait;

pub use access_codes::AccessCodes;
pub use enrolment::{Placement, Setup, TotpEnrolment};
pub use error::FactorError;
pub use evidence::{Evidence, FactorKind, KeyProof, Occasion};
pub use hardware_tokens::HardwareTokens;
pub use mail_code::MailCodes;
pub use passkeys::{KeyKind, Passkeys};
pub use password::PasswordProof;
pub use recovery_codes::RecoveryCodes;
pub use recovery_sheet::RecoverySheets;
pub use remembered_devices::{RememberCookie, RememberedDevices};
pub use totp::TotpFactor;

use crate::foundation::Timestamp;
use crate::foundation::ids::{CredentialId, UserId};
use crate::foundation::secret::Hidden;
use crate::limits::{Blocked, Throttled};

/// One enrolled credential, as it may be shown to its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// Which one.
    pub credential: CredentialId,
    /// Its kind.
    pub kind: FactorKind,
    /// The name its owner gave it; at most 64 characters (R-EN-06).
    pub name: String,
    /// The serial number, where it is a hardware token.
    pub token: Option<String>,
    /// When it was enrolled.
    pub enrolled_at: Timestamp,
    /// Whether it lets its owner in now: not where it is locked, or was made for another host.
    pub usable: bool,
    /// When it was last used, where that is remembered and happened.
    pub last_used: Option<Timestamp>,
    /// How often it can still be used; `None` where there is no end.
    pub remaining: Option<usize>,
}

/// What a factor asks once it has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Challenge {
    /// A code to be typed.
    Code {
        /// Digits or characters expected, for the page.
        length: usize,
    },
    /// A signature of a key.
    Key {
        /// What the page's script gives to `navigator.credentials.get`, as JSON (`PublicKeyCredentialRequestOptionsJSON`,
        /// WebAuthn Level 3 section 5.1).
        options: String,
    },
}

/// What the person answered.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A typed code, as it was typed.
    Code(Hidden),
    /// What a key signed, as JSON (`AuthenticationResponseJSON`, WebAuthn Level 3 section 5.1).
    Key(String),
}

/// What became of a proof.
#[derive(Debug)]
#[must_use]
pub enum Verdict {
    /// Accepted and spent.
    Accepted(Box<Evidence>),
    /// Wrong, used before, or nothing enrolled: one answer for all.
    Rejected,
    /// Too many failures; come back later.
    Throttled(Throttled),
    /// Disabled after 50 failures in a row, or because there seems to be a copy of the key, until an administrator resets it.
    Disabled,
}

impl From<Blocked> for Verdict {
    fn from(blocked: Blocked) -> Self {
        match blocked {
            Blocked::Throttled(throttled) => Self::Throttled(throttled),
            Blocked::Disabled => Self::Disabled,
        }
    }
}

impl Verdict {
    /// The evidence, if the proof was accepted.
    pub fn evidence(self) -> Option<Evidence> {
        match self {
            Self::Accepted(evidence) => Some(*evidence),
            _ => None,
        }
    }
}

/// One kind of factor.
#[async_trait]
pub trait Factor: Send + Sync + std::fmt::Debug {
    /// Which kind.
    fn kind(&self) -> FactorKind;

    /// What `user` has enrolled of it.
    async fn enrolled(&self, user: &UserId) -> Result<Vec<Enrolled>, FactorError>;

    /// Begins a proof: sends the code or makes the challenge, where the kind needs one.
    async fn begin(&self, occasion: &Occasion) -> Result<Challenge, FactorError>;

    /// Judges an answer. Counts it before looking at it, and spends it in the commit that accepts it.
    async fn verify(&self, occasion: &Occasion, answer: &Answer) -> Result<Verdict, FactorError>;
}

/// The factors of this installation, in the order in which they are offered.
#[derive(Debug, Clone, Default)]
pub struct Registry(Vec<Arc<dyn Factor>>);

impl Registry {
    /// These factors; of two of one kind the first counts.
    pub fn new(factors: Vec<Arc<dyn Factor>>) -> Self {
        Self(factors)
    }

    /// The factor of that kind.
    pub fn get(&self, kind: FactorKind) -> Option<&Arc<dyn Factor>> {
        self.0.iter().find(|factor| factor.kind() == kind)
    }

    /// All that `user` has enrolled, strongest kinds first as registered. Fails as a whole if one kind fails.
    pub async fn enrolled(&self, user: &UserId) -> Result<Vec<Enrolled>, FactorError> {
        let mut all = Vec::new();
        for factor in &self.0 {
            all.extend(factor.enrolled(user).await?);
        }
        Ok(all)
    }
}
