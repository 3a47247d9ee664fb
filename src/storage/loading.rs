//! Lays a whole copy into a new store: for a restore and for the move to another engine.
//!
//! The rows that make it a store come last, so that nothing takes a half-laid one for whole.

use std::path::Path;
use std::sync::Arc;

use super::engine::{Engine, Row, Space};
use super::{ExportSink, Key, Revision, StorageError, StoreMark, envelope, expiry, raw_engine, upgrade};
use crate::config::storage::EngineName;

/// So many bytes are applied at once.
const PORTION: usize = 1024 * 1024;
const CACHE_BYTES: usize = 64 * 1024 * 1024;

/// A new store that is being filled. Its folder is held until it is dropped.
#[derive(Debug)]
pub struct Loading {
    engine: Arc<dyn Engine>,
    rows: Vec<Row>,
    bytes: usize,
    revision: Revision,
}

impl Loading {
    /// A new store of `engine` in `folder`, which must not hold one.
    pub fn begin(engine: EngineName, folder: &Path) -> Result<Self, StorageError> {
        let engine = raw_engine(engine, folder, CACHE_BYTES)?;
        upgrade::require_empty(&*engine)?;
        Ok(Self { engine, rows: Vec::new(), bytes: 0, revision: 0 })
    }

    /// Makes it a store and closes it.
    pub fn finish(mut self) -> Result<(), StorageError> {
        self.apply()?;
        self.engine.apply(&upgrade::founding_rows(self.revision))
    }

    fn apply(&mut self) -> Result<(), StorageError> {
        self.bytes = 0;
        self.engine.apply(&std::mem::take(&mut self.rows))
    }
}

impl ExportSink for Loading {
    fn begin(&mut self, mark: StoreMark) -> Result<(), StorageError> {
        self.revision = mark.revision;
        Ok(())
    }

    fn record(&mut self, key: &Key, envelope: &[u8]) -> Result<(), StorageError> {
        let raw = envelope::decode(key, envelope)?;
        self.bytes += key.as_bytes().len() + envelope.len();
        self.revision = self.revision.max(raw.revision);
        if let Some(end) = raw.expires {
            let row = Row { space: Space::Expiry, key: expiry::row(end, key), value: Some(Vec::new()) };
            self.rows.push(row);
        }
        let value = Some(envelope.to_vec());
        self.rows.push(Row { space: Space::Data, key: key.as_bytes().to_vec(), value });
        if self.bytes >= PORTION { self.apply() } else { Ok(()) }
    }
}
