//! `backup.make`: everything, as it stands at one moment, into one encrypted file on the provider's own machine.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Administrator, Command, Refused, Who};
use crate::audit::{Action, Origin, Outcome, Trail};
use crate::foundation::{Clock, Timestamp};
use crate::lifecycle::restored;
use crate::sealing::Sealing;
use crate::storage::backup::{file, key::Recipient};
use crate::storage::{Batch, SharedStore};

/// What commands about backups work with.
#[derive(Debug, Clone)]
pub struct Backups {
    /// What is copied.
    pub store: SharedStore,
    /// Says under the master key that a copy was made here.
    pub sealing: Arc<Sealing>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where events go.
    pub trail: Trail,
}

/// The command.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Make {
    /// The public half of the key that will open it.
    pub recipient: String,
    /// Where it is to lie: a whole path, at which nothing lies yet.
    pub file: PathBuf,
}

/// A backup was made, and read back whole.
#[derive(Debug, Serialize, Deserialize)]
pub struct Made {
    /// How many records it holds.
    pub records: u64,
    /// As of when.
    pub made_at: Timestamp,
}

#[async_trait]
impl Command for Make {
    const NAME: &'static str = "backup.make";
    const WHO: Who = Who::Operator;
    type Tools = Backups;
    type Answer = Made;

    async fn perform(self, by: &Administrator, backups: &Backups) -> Result<Made, Refused> {
        let recipient: Recipient = self.recipient.parse()?;
        if !self.file.is_absolute() {
            return Err(Refused::rule("name the backup's file with its whole path"));
        }
        let made_at = backups.clock.now();
        let authentication = restored::authentication(backups.sealing.clone());
        let written = file::write(&backups.store, &self.file, &recipient, made_at, authentication).await?;
        let mut batch = Batch::new();
        let event = backups.trail.event(Action::BackupMade, Outcome::Success, &Origin::default());
        event.by(by.actor()).write(&mut batch);
        backups.store.commit(batch).await?;
        // The event stands before the file has its name: there may be an event without a file, never a file without one.
        let records = written.summary.records;
        written.finish().await?;
        Ok(Made { records, made_at })
    }
}
