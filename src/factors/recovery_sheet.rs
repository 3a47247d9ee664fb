//! New recovery codes while the journey that made them shows them: sealed, and gone once the person has saved them.
//! Codes themselves are kept as hashes only (`recovery_codes.rs`).

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{FactorError, Occasion};
use crate::foundation::Clock;
use crate::foundation::secret::Hidden;
use crate::sealing::{Identity, Sealed, Sealing};
use crate::storage::{Batch, Key, Record, SharedStore};

/// Longer than any journey.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

#[derive(Serialize, Deserialize)]
struct Sheet {
    codes: Sealed,
}

impl Record for Sheet {}

/// The sheets of open journeys.
#[derive(Debug, Clone)]
pub struct RecoverySheets {
    store: SharedStore,
    clock: Arc<dyn Clock>,
    sealing: Arc<Sealing>,
}

fn key(occasion: &Occasion) -> Key {
    Key::new("recovery_sheet", &[occasion.journey.as_str(), occasion.user.as_str()])
}

fn place(id: &str) -> Identity<'_> {
    Identity { kind: "recovery_sheet", field: "codes", id }
}

fn id(occasion: &Occasion) -> String {
    format!("{}/{}", occasion.journey, occasion.user)
}

impl RecoverySheets {
    /// Sheets kept in `store`, sealed.
    pub fn new(store: SharedStore, clock: Arc<dyn Clock>, sealing: Arc<Sealing>) -> Self {
        Self { store, clock, sealing }
    }

    /// Adds to `batch` the sheet with these codes.
    pub fn keep(&self, batch: &mut Batch, occasion: &Occasion, codes: &[Hidden]) -> Result<(), FactorError> {
        let lines: Vec<_> = codes.iter().map(Hidden::expose).collect();
        let lines = Hidden::new(lines.join("\n"));
        let codes = self.sealing.seal(place(&id(occasion)), lines.expose().as_bytes())?;
        batch.put(key(occasion), &Sheet { codes }, Some(self.clock.now().plus(LIFETIME)));
        Ok(())
    }

    /// The codes on the sheet; empty where there is none.
    pub async fn read(&self, occasion: &Occasion) -> Result<Vec<Hidden>, FactorError> {
        let Some(sheet) = self.store.fetch::<Sheet>(&key(occasion)).await? else { return Ok(Vec::new()) };
        let lines = self.sealing.open(place(&id(occasion)), &sheet.value.codes)?;
        let lines = std::str::from_utf8(&lines).unwrap_or_default();
        Ok(lines.lines().map(Hidden::new).collect())
    }

    /// Adds to `batch` that the sheet is thrown away.
    pub fn discard(&self, batch: &mut Batch, occasion: &Occasion) {
        batch.delete(key(occasion));
    }
}
