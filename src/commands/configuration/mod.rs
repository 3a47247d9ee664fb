//! The configuration as a whole: exported, compared with a file, made so by a file.

pub mod apply;
pub mod export;

pub use apply::{Apply, Plan};
pub use export::Export;

use super::{Reason, Refused};
use crate::configuration;

impl From<configuration::Refused> for Refused {
    fn from(error: configuration::Refused) -> Self {
        let reason = match error {
            configuration::Refused::Faulty(_) => Reason::Rule,
            configuration::Refused::Changed => Reason::Conflict,
            configuration::Refused::Storage(_)
            | configuration::Refused::Sealing(_)
            | configuration::Refused::Impossible(_) => Reason::Failed,
        };
        Self::because(reason, error.to_string())
    }
}
