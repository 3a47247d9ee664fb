//! The whole trail as JSON lines, in the order of time, a page at a time.

use serde::{Deserialize, Serialize};

use super::chain::Chain;
use super::event::{Actor, Event};
use crate::storage::{Key, StorageError};
use crate::telemetry::log::escape;

/// Some lines, and where to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// One event each, without line ends.
    pub lines: Vec<String>,
    /// To be handed in for the next page; `None` at the end.
    pub next: Option<String>,
}

/// An event as one line of JSON, in which whatever could steer a terminal or a viewer, or forge a line, is escaped (R-AU-03).
pub fn line(event: &Event) -> Result<String, StorageError> {
    let json = serde_json::to_string(event).map_err(|error| StorageError::Corrupt(error.to_string()))?;
    Ok(escape(&json))
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
