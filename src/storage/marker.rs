//! The mark of a store that is open: it stands from the start to a clean stop, so a start that finds it knows that the last
//! stop was not clean.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use super::StorageError;
use super::folder::Folder;

/// The mark of this process.
#[derive(Debug)]
pub(super) struct Marker {
    path: PathBuf,
    /// Whether it stood already: the last stop was not clean.
    pub(super) stood: bool,
}

impl Marker {
    /// Sets it; it outlives a power cut.
    pub(super) fn set(folder: &Folder) -> Result<Self, StorageError> {
        let path = folder.file("open");
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let stood = match made {
            Ok(_) => false,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => true,
            Err(error) => return Err(folder.unusable(&error)),
        };
        folder.sync().map_err(|error| folder.unusable(&error))?;
        Ok(Self { path, stood })
    }

    /// Says that the stop is clean. One that cannot be removed only makes the next start check.
    pub(super) fn remove(&self) {
        let _ = std::fs::remove_file(&self.path);
    }
}
