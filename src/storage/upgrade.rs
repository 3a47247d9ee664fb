//! The store's own format: written when a store is new, checked each time it is opened (R-ST-04).
//!
//! Records upgrade themselves on reading ([`super::Record::upgrade`]); this is about the store around them.

use std::ops::ControlFlow;

use super::engine::{Engine, Row, Space, Step};
use super::{Key, Raw, Revision, StorageError, StoreMark, envelope, moving};
use crate::foundation::random::{self, SystemRandom};

/// The format of a store that this program writes. Since 2 what is configured may stand in generations: who does not know them
/// would find no client and no policy, and must not open it.
pub const STORE_FORMAT: u64 = 2;
/// The oldest format that this program reads. Its stores become [`STORE_FORMAT`] when they are opened.
const OLDEST_FORMAT: u64 = 1;

/// Makes a new store ours or checks an old one; answers the highest revision it has given out.
pub(super) fn prepare(engine: &dyn Engine) -> Result<Revision, StorageError> {
    moving::refuse_moved(engine)?;
    match number(engine, &format_key())? {
        Some(format @ OLDEST_FORMAT..=STORE_FORMAT) => {
            if number(engine, &number_key())?.is_none() {
                engine.apply(&[row(&number_key(), fresh_number())])?;
            }
            if format < STORE_FORMAT {
                engine.apply(&[row(&format_key(), STORE_FORMAT)])?;
            }
            number(engine, &revision_key())?.ok_or_else(|| {
                StorageError::Corrupt("the store has lost its revision; restore the newest backup".into())
            })
        }
        Some(format) => Err(foreign(format)),
        None => found(engine),
    }
}

/// The row that remembers the highest revision given out.
pub(super) fn revision_row(revision: Revision) -> Row {
    row(&revision_key(), revision)
}

fn found(engine: &dyn Engine) -> Result<Revision, StorageError> {
    require_empty(engine)?;
    engine.apply(&founding_rows(0))?;
    Ok(0)
}

/// Refuses an engine that holds anything: it is no new one, and no store either.
pub(super) fn require_empty(engine: &dyn Engine) -> Result<(), StorageError> {
    let mut rows = 0u64;
    engine.walk_all(&mut |_, _, _| {
        rows += 1;
        Ok(ControlFlow::Break(()))
    })?;
    if rows > 0 {
        return Err(StorageError::Corrupt(
            "the store has lost its format record; restore the newest backup".into(),
        ));
    }
    Ok(())
}

/// The rows that make a store of what was laid into an engine, up to `revision`.
pub(super) fn founding_rows(revision: Revision) -> [Row; 3] {
    [row(&format_key(), STORE_FORMAT), row(&number_key(), fresh_number()), revision_row(revision)]
}

/// Notes what a row of [`Space::Meta`] says about the store.
pub(super) fn read_mark(mark: &mut StoreMark, key: &Key, bytes: &[u8]) -> Step {
    let number = envelope::decode(key, bytes)?.counter()?;
    if *key == number_key() {
        mark.number = number;
    } else if *key == revision_key() {
        mark.revision = number;
    }
    Ok(ControlFlow::Continue(()))
}

fn fresh_number() -> u64 {
    u64::from_be_bytes(random::bytes(&SystemRandom))
}

fn foreign(format: u64) -> StorageError {
    StorageError::Corrupt(format!(
        "the store has format {format}, this program reads {STORE_FORMAT}: start the version of Keyward that wrote it, or a newer one"
    ))
}

fn number(engine: &dyn Engine, key: &Key) -> Result<Option<u64>, StorageError> {
    let found = engine.get(Space::Meta, &[key.as_bytes()])?.into_iter().next().flatten();
    found.map(|bytes| envelope::decode(key, &bytes)?.counter()).transpose()
}

fn row(key: &Key, number: u64) -> Row {
    let raw = Raw { json: number.to_string().into_bytes(), revision: 0, expires: None };
    Row { space: Space::Meta, key: key.as_bytes().to_vec(), value: Some(envelope::encode(key, &raw)) }
}

fn format_key() -> Key {
    Key::new("format", &[])
}

fn number_key() -> Key {
    Key::new("number", &[])
}

fn revision_key() -> Key {
    Key::new("revision", &[])
}
