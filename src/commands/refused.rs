//! Why a command was not done: a word for programs, and a sentence for people that names the mend.

use serde::{Deserialize, Serialize};

use crate::clients::RegistrationError;
use crate::factors::FactorError;
use crate::storage::StorageError;
use crate::storage::backup::BackupError;
use crate::users::UserError;

/// The word for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The request or an argument is not understood.
    Malformed,
    /// Whoever asks may not.
    Forbidden,
    /// What it is about does not exist.
    Absent,
    /// A rule stands against it.
    Rule,
    /// Somebody else changed the same at the same moment: it may be tried again.
    Conflict,
    /// The provider failed, or is too busy.
    Failed,
}

/// A command that was not done; nothing of it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{sentence}")]
pub struct Refused {
    /// For programs.
    pub reason: Reason,
    /// For people.
    pub sentence: String,
}

impl Refused {
    /// Because of `reason`, in these words.
    pub fn because(reason: Reason, sentence: impl Into<String>) -> Self {
        Self { reason, sentence: sentence.into() }
    }

    /// A rule stands against it.
    pub fn rule(sentence: impl Into<String>) -> Self {
        Self::because(Reason::Rule, sentence)
    }

    /// What it is about does not exist.
    pub fn absent(sentence: impl Into<String>) -> Self {
        Self::because(Reason::Absent, sentence)
    }

    /// Somebody else was faster.
    pub fn conflict() -> Self {
        UserError::Conflict.into()
    }
}

impl From<StorageError> for Refused {
    fn from(error: StorageError) -> Self {
        Self::because(Reason::Failed, error.to_string())
    }
}

impl From<BackupError> for Refused {
    fn from(error: BackupError) -> Self {
        let reason = match error {
            BackupError::Place(_) | BackupError::Key(_) => Reason::Rule,
            BackupError::Damaged(_) | BackupError::Unknown(_) | BackupError::Storage(_) => Reason::Failed,
        };
        Self::because(reason, error.to_string())
    }
}

impl From<UserError> for Refused {
    fn from(error: UserError) -> Self {
        let reason = match error {
            UserError::Invalid { .. } | UserError::Taken(_) | UserError::Weak(_) => Reason::Rule,
            UserError::LastAdministrator | UserError::NotEmpty => Reason::Rule,
            UserError::Unknown | UserError::UnknownGroup(_) => Reason::Absent,
            UserError::Conflict => Reason::Conflict,
            UserError::Busy(_) | UserError::Storage(_) | UserError::Sealing(_) => Reason::Failed,
        };
        Self::because(reason, error.to_string())
    }
}

impl From<FactorError> for Refused {
    fn from(error: FactorError) -> Self {
        let reason = match error {
            FactorError::Password(error) => return error.into(),
            FactorError::Storage(_) | FactorError::Sealing(_) | FactorError::Busy(_) => Reason::Failed,
            FactorError::NoToken => Reason::Absent,
            FactorError::Conflict => Reason::Conflict,
            _ => Reason::Rule,
        };
        Self::because(reason, error.to_string())
    }
}

impl From<RegistrationError> for Refused {
    fn from(error: RegistrationError) -> Self {
        let reason = match error {
            RegistrationError::Storage(_) => Reason::Failed,
            RegistrationError::Conflict => Reason::Conflict,
            RegistrationError::Metadata { .. } | RegistrationError::Taken(_) => Reason::Rule,
        };
        Self::because(reason, error.to_string())
    }
}
