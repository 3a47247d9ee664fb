//! Records: typed JSON with a version, and how they are read back.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Revision, StorageError};
use crate::foundation::Timestamp;

/// A type that is stored. Its version rises whenever older JSON would no longer read.
pub trait Record: Serialize + DeserializeOwned + Send + Sync {
    /// Its present version.
    const VERSION: u16 = 1;

    /// Brings JSON of an older `version` to the present one. Called only for older versions.
    fn upgrade(version: u16, _value: Value) -> Result<Value, StorageError> {
        Err(StorageError::Corrupt(format!("no way to read version {version}")))
    }
}

/// A live record as it stands in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raw {
    /// `{"v":version,"d":data}` for records, a bare number for counters.
    pub json: Vec<u8>,
    /// The write that put it there.
    pub revision: Revision,
    /// When it vanishes.
    pub expires: Option<Timestamp>,
}

/// A record read as its type, with the revision to write it back under.
#[derive(Debug, Clone)]
pub struct Stored<T> {
    /// The record.
    pub value: T,
    /// The write that put it there.
    pub revision: Revision,
    /// When it vanishes.
    pub expires: Option<Timestamp>,
}

#[derive(serde::Deserialize)]
struct Versioned<D> {
    v: u16,
    d: D,
}

pub(super) fn to_json<T: Record>(record: &T) -> Result<Vec<u8>, serde_json::Error> {
    #[derive(Serialize)]
    struct Outgoing<'a, T> {
        v: u16,
        d: &'a T,
    }
    serde_json::to_vec(&Outgoing { v: T::VERSION, d: record })
}

impl Raw {
    /// `record` as it stands in the store, where it had this revision and end.
    pub fn of<T: Record>(
        record: &T,
        revision: Revision,
        expires: Option<Timestamp>,
    ) -> Result<Self, StorageError> {
        let json = to_json(record).map_err(|error| StorageError::Invalid(error.to_string()))?;
        Ok(Self { json, revision, expires })
    }

    /// Reads it as `T`, upgrading older versions; newer ones are refused (R-ST-04).
    pub fn decode<T: Record>(self) -> Result<Stored<T>, StorageError> {
        let value = match serde_json::from_slice::<Versioned<T>>(&self.json) {
            Ok(read) if read.v == T::VERSION => read.d,
            _ => self.decode_other_version()?,
        };
        Ok(Stored { value, revision: self.revision, expires: self.expires })
    }

    fn decode_other_version<T: Record>(&self) -> Result<T, StorageError> {
        let corrupt = |error: serde_json::Error| StorageError::Corrupt(error.to_string());
        let read: Versioned<Value> = serde_json::from_slice(&self.json).map_err(corrupt)?;
        if read.v > T::VERSION {
            return Err(StorageError::Corrupt(format!("record of the newer version {}", read.v)));
        }
        let value = if read.v < T::VERSION { T::upgrade(read.v, read.d)? } else { read.d };
        serde_json::from_value(value).map_err(corrupt)
    }

    /// Reads it as a counter.
    pub fn counter(&self) -> Result<u64, StorageError> {
        serde_json::from_slice(&self.json).map_err(|error| StorageError::Corrupt(error.to_string()))
    }
}
