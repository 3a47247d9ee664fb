//! The whole trail as JSON lines, in the order of time, a page at a time.

use serde::{Deserialize, Serialize};

use super::chain::Chain;
use super::event::{Actor, Event};
use crate::storage::{Key, StorageError};

/// Some lines, and where to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// One event each, without line ends.
    pub lines: Vec<String>,
    /// To be handed in for the next page; `None` at the end.
    pub next: Option<String>,
}

/// An event as one line of plain ASCII: whatever else a text holds is escaped, so that no terminal and no viewer is steered by
/// it and no line is forged (R-AU-03).
pub fn line(event: &Event) -> Result<String, StorageError> {
    let json = serde_json::to_string(event).map_err(|error| StorageError::Corrupt(error.to_string()))?;
    let mut line = String::with_capacity(json.len());
    for character in json.chars() {
        // Outside strings JSON is ASCII, so this only ever stands inside one (RFC 8259 section 7).
        if character.is_ascii() && !character.is_ascii_control() {
            line.push(character);
        } else {
            let units = character.encode_utf16(&mut [0; 2]).to_vec();
            line.extend(units.into_iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    Ok(line)
}

impl Chain {
    /// The page of at most `limit` events that begins where `from`, the last page's `next`, says; the first one without. That
    /// somebody looked is an event itself (R-AU-01), written before the first page.
    pub async fn export(&self, from: Option<&str>, limit: usize, by: &Actor) -> Result<Page, StorageError> {
        if from.is_none() {
            self.note_reading(by).await?;
        }
        let after = from.map(|text| Key::from_bytes(text.as_bytes().to_vec()));
        let page = self.trail.read(&self.store, after.as_ref(), limit).await?;
        let next = page.last().filter(|_| page.len() == limit).map(|(key, _)| key.to_string());
        let lines = page.iter().map(|(_, event)| line(event)).collect::<Result<_, _>>()?;
        Ok(Page { lines, next })
    }
}
