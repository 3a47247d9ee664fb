//! Whether the data folder has room. A full disk ends the server: nothing is acknowledged that is not durable.

use std::path::PathBuf;

use async_trait::async_trait;

use super::{Check, Finding};

/// So many bytes should be free: 1 GiB.
pub const LEAST: u64 = 1024 * 1024 * 1024;
const MIB: u64 = 1024 * 1024;

/// The check.
#[derive(Debug)]
pub struct Disk {
    /// The data folder.
    pub folder: PathBuf,
    /// So many bytes should be free.
    pub least: u64,
}

#[async_trait]
impl Check for Disk {
    fn name(&self) -> &'static str {
        "disk"
    }

    async fn look(&self) -> Finding {
        let folder = self.folder.display();
        match rustix::fs::statvfs(&self.folder) {
            Ok(room) => {
                let free = room.f_bavail.saturating_mul(room.f_frsize);
                let what = format!("{} MiB are free for {folder}", free / MIB);
                if free < self.least {
                    Finding::wrong(what, format!("make room, {} MiB at least", self.least / MIB))
                } else {
                    Finding::Well(what)
                }
            }
            Err(error) => Finding::wrong(
                format!("the room for {folder} cannot be told ({error})"),
                "see that the folder exists and belongs to the user that runs the server",
            ),
        }
    }
}
