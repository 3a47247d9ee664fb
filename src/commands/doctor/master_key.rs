//! Whether the master key's file could be used at the next start: there, closed to others, and the key in use (R-KS-05).

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use super::{Check, Finding};
use crate::sealing::{self, Sealing, SealingError};

/// The check.
#[derive(Debug)]
pub struct MasterKeyFile {
    /// The folder that holds it.
    pub folder: PathBuf,
    /// The key in use; `None` where none is.
    pub used: Option<Arc<Sealing>>,
}

#[async_trait]
impl Check for MasterKeyFile {
    fn name(&self) -> &'static str {
        "master key"
    }

    async fn look(&self) -> Finding {
        self.judge().unwrap_or_else(|error| {
            Finding::wrong(error.to_string(), "without this file, as it was, the next start is refused")
        })
    }
}

impl MasterKeyFile {
    fn judge(&self) -> Result<Finding, SealingError> {
        let folder = self.folder.display();
        let written = sealing::written_at(&self.folder)?;
        let is_used = self.used.as_ref().map(|used| used.is_by_file(&self.folder)).transpose()?;
        Ok(match (written, is_used) {
            (None, None) => {
                Finding::Skipped(format!("there is none in {folder} yet: the first start makes it"))
            }
            (None, Some(_)) => Finding::wrong(
                format!("it is missing in {folder}, and so the next start will be refused"),
                "put back your copy of master.key before you stop the server",
            ),
            (Some(_), Some(false)) => Finding::wrong(
                format!("the one in {folder} is not the one in use, and so the next start will be refused"),
                "put back the master.key that belongs to this data before you stop the server",
            ),
            (Some(written), _) => {
                Finding::Well(format!("{folder} holds it, for its owner alone, since {}", written.day()))
            }
        })
    }
}
