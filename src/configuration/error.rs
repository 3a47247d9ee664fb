//! Why a configuration was not planned, applied or exported.

use super::problem::Problem;
use crate::clients::RegistrationError;
use crate::sealing::SealingError;
use crate::storage::StorageError;

/// Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The proposal has faults: all of them.
    #[error("{}", listed(.0))]
    Faulty(Vec<Problem>),
    /// The configuration is another one than the plan was made for.
    #[error("the configuration was changed by somebody else since the plan was made; make the plan again")]
    Changed,
    /// The store did not answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The mail server's password could not be sealed.
    #[error(transparent)]
    Sealing(#[from] SealingError),
    /// Something that validation let through cannot be made: a fault of ours.
    #[error("{0}")]
    Impossible(String),
}

impl From<RegistrationError> for Refused {
    fn from(error: RegistrationError) -> Self {
        Self::Impossible(error.to_string())
    }
}

fn listed(problems: &[Problem]) -> String {
    let lines: Vec<_> = problems.iter().map(|problem| format!("\n  {problem}")).collect();
    format!("the configuration is refused, nothing was changed:{}", lines.concat())
}
