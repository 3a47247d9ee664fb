//! Why an operation on people was not done.

use super::password::WeakPassword;
use super::password_workers::Busy;
use crate::sealing::SealingError;
use crate::storage::StorageError;

/// A failure of this module. Its text is meant for administrators and names what to mend.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// A value breaks a rule of its field.
    #[error("{field}: {rule}")]
    Invalid {
        /// The field, as in OpenID Connect Core section 5.1.
        field: &'static str,
        /// The rule it breaks.
        rule: &'static str,
    },
    /// The name or mail address is, looks like, or until lately was somebody else's (R-ID-03, R-ID-04).
    #[error("{0} is taken, looks like one that is taken, or is still reserved for its former owner")]
    Taken(&'static str),
    /// No such person.
    #[error("there is no such person")]
    Unknown,
    /// No such group.
    #[error("there is no group named {0}; create it first")]
    UnknownGroup(String),
    /// Nobody would be left to administer (R-AD-12).
    #[error("this is the last administrator who may sign in; make somebody else one first")]
    LastAdministrator,
    /// People are still in the group.
    #[error("there are people in the group")]
    NotEmpty,
    /// The record changed meanwhile, or a condition of the caller did not hold. Nothing was written.
    #[error("the record was changed by somebody else at the same moment; try again")]
    Conflict,
    /// The password breaks a rule.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// The password workers have too much to do.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Sealed data could not be opened.
    #[error(transparent)]
    Sealing(#[from] SealingError),
}

impl UserError {
    /// A value of `field` that breaks `rule`.
    pub fn invalid(field: &'static str, rule: &'static str) -> Self {
        Self::Invalid { field, rule }
    }
}
