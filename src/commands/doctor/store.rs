//! Whether every record in the store is whole: all are read and their checksums compared.

use async_trait::async_trait;

use super::{Check, Finding};
use crate::storage::SharedStore;

/// The check.
#[derive(Debug)]
pub struct StoreIsWhole {
    /// The store.
    pub store: SharedStore,
}

#[async_trait]
impl Check for StoreIsWhole {
    fn name(&self) -> &'static str {
        "store"
    }

    async fn look(&self) -> Finding {
        let mend = "stop the server, keep a copy of the data folder, and restore the newest backup";
        match self.store.check().await {
            Ok(report) => match report.problems.as_slice() {
                [] => Finding::Well(format!("all {} records are whole", report.records)),
                [only] => Finding::wrong(only, mend),
                [first, rest @ ..] => {
                    Finding::wrong(format!("{first} (and {} more faults)", rest.len()), mend)
                }
            },
            Err(error) => Finding::wrong(error.to_string(), mend),
        }
    }
}
