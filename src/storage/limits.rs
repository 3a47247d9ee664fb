//! The limits of one batch. Keeping them small keeps every round of the writer short.

use super::{Batch, Precondition, StorageError, Write};

/// Most conditions and writes together in a batch.
pub const OPERATIONS: usize = 1_000;
/// Most bytes in a batch, keys and values.
pub const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// Most bytes in a value.
pub const VALUE_BYTES: usize = 64 * 1024;
/// Most bytes in a key, so that every engine can index it.
pub const KEY_BYTES: usize = 2 * 1024;

/// Refuses a batch that breaks a limit or holds a record that could not be written as JSON.
pub(super) fn check(batch: &Batch) -> Result<(), StorageError> {
    if let Some(fault) = &batch.fault {
        return Err(StorageError::Invalid(fault.clone()));
    }
    at_most(batch.preconditions.len() + batch.writes.len(), OPERATIONS, "operations")?;
    at_most(bytes(batch), BATCH_BYTES, "bytes")?;
    for precondition in &batch.preconditions {
        at_most(precondition.key().as_bytes().len(), KEY_BYTES, "bytes in a key")?;
    }
    for write in &batch.writes {
        at_most(write.key().as_bytes().len(), KEY_BYTES, "bytes in a key")?;
        at_most(value_bytes(write), VALUE_BYTES, "bytes in a value")?;
    }
    Ok(())
}

/// The bytes of a batch, keys and values.
pub(super) fn bytes(batch: &Batch) -> usize {
    let conditions: usize = batch.preconditions.iter().map(|it| it.key().as_bytes().len()).sum();
    let writes: usize = batch.writes.iter().map(|it| it.key().as_bytes().len() + value_bytes(it)).sum();
    conditions + writes
}

fn value_bytes(write: &Write) -> usize {
    match write {
        Write::Put { json, .. } => json.len(),
        Write::Delete(_) | Write::Add { .. } => 0,
    }
}

fn at_most(seen: usize, most: usize, what: &str) -> Result<(), StorageError> {
    if seen > most {
        return Err(StorageError::Invalid(format!("{seen} {what}, at most {most} are allowed")));
    }
    Ok(())
}

impl Precondition {
    /// The key it is about.
    pub fn key(&self) -> &super::Key {
        match self {
            Self::Absent(key)
            | Self::Present(key)
            | Self::AtRevision(key, _)
            | Self::CounterBelow(key, _) => key,
        }
    }
}

impl Write {
    /// The key it changes.
    pub fn key(&self) -> &super::Key {
        match self {
            Self::Put { key, .. } | Self::Delete(key) | Self::Add { key, .. } => key,
        }
    }
}
