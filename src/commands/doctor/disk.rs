//! Whether the data folder has room. A full disk ends the server: nothing is acknowledged that is not durable.

use std::path::PathBuf;

use async_trait::async_trait;

use super::{Check, Finding};
use crate::storage::place::Place;

/// So many bytes should be free: 1 GiB.
pub const ENOUGH: u64 = 1024 * MIB;
/// With fewer the end is near: 64 MiB.
pub const LEAST: u64 = 64 * MIB;
const MIB: u64 = 1024 * 1024;

/// The check.
#[derive(Debug)]
pub struct Disk {
    /// The data folder.
    pub folder: PathBuf,
    /// With fewer free bytes it warns.
    pub enough: u64,
    /// With fewer something is wrong.
    pub least: u64,
}

#[async_trait]
impl Check for Disk {
    fn name(&self) -> &'static str {
        "disk"
    }

    async fn look(&self) -> Finding {
        let folder = self.folder.display();
        let free = match Place::of(&self.folder) {
            Ok(place) => place.free_bytes,
            Err(error) => return Finding::Skipped(format!("the room for {folder} cannot be told: {error}")),
        };
        let what = format!("{} MiB are free for {folder}", free / MIB);
        let mend = || format!("make room: {} MiB should be free", self.enough / MIB);
        match free {
            free if free < self.least => Finding::wrong(what, mend()),
            free if free < self.enough => Finding::warning(what, mend()),
            _ => Finding::Well(what),
        }
    }
}
