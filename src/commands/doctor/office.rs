//! Whether somebody administers.

use async_trait::async_trait;

use super::{Check, Finding};
use crate::lifecycle::FirstAdministrator;
use crate::lifecycle::first_administrator::Door;

/// The check.
#[derive(Debug)]
pub struct SomebodyAdministers {
    /// The way to the first administrator.
    pub first: FirstAdministrator,
}

#[async_trait]
impl Check for SomebodyAdministers {
    fn name(&self) -> &'static str {
        "administrator"
    }

    async fn look(&self) -> Finding {
        match self.first.door().await {
            Ok(Door::Closed) => Finding::Well("there is an administrator".to_owned()),
            Ok(Door::Untouched | Door::Offered) => Finding::warning(
                "there is no administrator yet",
                "make a link for the first one with: keyward setup",
            ),
            Err(error) => Finding::wrong(error.to_string(), "see the check of the store"),
        }
    }
}
