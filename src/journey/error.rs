//! From the failures of what a journey uses to the one failure of all doors.

use std::time::Duration;

use crate::factors::FactorError;
use crate::users::UserError;
use crate::web::Failure;

/// When the password workers shed load, a second later there is room again.
const BUSY: Duration = Duration::from_secs(2);

/// Too much to hash just now: 503.
pub fn busy() -> Failure {
    Failure::unavailable(BUSY, "the password workers are busy")
}

/// A factor could not do its work.
pub fn factor(error: FactorError) -> Failure {
    match error {
        FactorError::Busy(_) | FactorError::Password(UserError::Busy(_)) => busy(),
        FactorError::Conflict => Failure::unavailable(BUSY, error),
        FactorError::NotBegun | FactorError::TooMany(_) | FactorError::Name => {
            Failure::page("bad_request", error.to_string())
        }
        other => Failure::internal(other),
    }
}

/// A person's record could not be read or changed.
pub fn user(error: UserError) -> Failure {
    match error {
        UserError::Busy(_) => busy(),
        other => Failure::internal(other),
    }
}
