//! Directories: where a name and a password are checked. Our own store is one; others come beside it.
//!
//! Whatever is wrong, the answer is one and the same [`Answer::Failed`], at the same cost: unknown, wrong, disabled and
//! locked cannot be told apart (R-PW-01, R-PW-02). The reason goes to the audit trail only.
//!
//! Must not: answer with half of what a directory said (R-ID-07), or decide which second factor is needed.
//! Follows: security requirements R-PW-01, R-PW-02, R-PW-04, R-RL-01 to R-RL-06, R-CO-08.

pub mod own;

use async_trait::async_trait;

pub use own::OwnDirectory;

use crate::audit::Origin;
use crate::factors::{Evidence, FactorError};
use crate::foundation::ids::JourneyId;
use crate::foundation::secret::Hidden;
use crate::limits::{CountedTry, Throttled};
use crate::sessions::DeviceCookie;
use crate::storage::Batch;
use crate::users::User;

/// One try to sign in with a name and a password.
#[derive(Debug)]
pub struct PasswordAttempt<'a> {
    /// The name as it was typed.
    pub login_name: &'a str,
    /// The password as it was typed.
    pub password: &'a Hidden,
    /// Whether the browser is one of an earlier success.
    pub device: &'a DeviceCookie,
    /// The journey it belongs to.
    pub journey: &'a JourneyId,
    /// Where it comes from.
    pub origin: &'a Origin,
}

/// What a directory answers.
#[derive(Debug)]
#[must_use]
pub enum Answer {
    /// The password is right and the person may be served. The try counts as a failure until the success is stored.
    Authenticated(Box<Authenticated>),
    /// Anything else: one answer, without a reason.
    Failed,
    /// Too many failures for this account or from this address.
    Throttled(Throttled),
    /// The password was not looked at, because too much is to be done. To be answered with 503 and `Retry-After`.
    Busy,
}

/// A person whose password was right.
#[derive(Debug)]
pub struct Authenticated {
    /// The person.
    pub user: User,
    /// The proof.
    pub evidence: Evidence,
    /// Whether another password must be chosen before going on.
    pub must_change: bool,
    /// The success: failures before it forgotten, and its event. To be stored together with what rests on the proof, which is
    /// refused where the account was shut out meanwhile (R-RL-04).
    pub success: Batch,
    counted: CountedTry,
}

/// A place where names and passwords are checked.
#[async_trait]
pub trait Directory: Send + Sync + std::fmt::Debug {
    /// Checks one try. An error means no.
    async fn authenticate(&self, attempt: &PasswordAttempt<'_>) -> Result<Answer, FactorError>;

    /// Stores the success by itself, because what rested on it was not. No if the account was shut out meanwhile, which is
    /// written down then, and to be answered as [`Answer::Failed`].
    async fn store_success(
        &self,
        attempt: &PasswordAttempt<'_>,
        person: Authenticated,
    ) -> Result<bool, FactorError>;
}
