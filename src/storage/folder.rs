//! The data folder: made for its owner alone, and held by one process.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::StorageError;

/// Held as long as the folder is in use; the system frees it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder if needed (mode 0700) and holds it, or says who is in the way.
    pub(super) fn hold(path: &Path) -> Result<Self, StorageError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(|error| unusable(path, &error))?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let lock = options.open(path.join("lock")).map_err(|error| unusable(path, &error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(in_use(path)),
            Err(TryLockError::Error(error)) => Err(unusable(path, &error)),
        }
    }

    /// Where `name` stands in it.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Makes `name` (mode 0600) whole or not at all: `fill` makes it under another name, and a kill in between leaves nothing
    /// that a later start would take for a store.
    pub(super) fn create(
        &self,
        name: &str,
        fill: impl FnOnce(&Path) -> Result<(), StorageError>,
    ) -> Result<(), StorageError> {
        let unfinished = self.file(&format!("{name}.new"));
        let fault = |error: io::Error| unusable(&self.path, &error);
        if unfinished.exists() {
            std::fs::remove_file(&unfinished).map_err(fault)?;
        }
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished).map_err(fault)?;
        fill(&unfinished)?;
        File::open(&unfinished).and_then(|file| file.sync_all()).map_err(fault)?;
        std::fs::rename(&unfinished, self.file(name)).map_err(fault)?;
        self.sync().map_err(fault)
    }

    /// Makes the names in the folder, and its own, outlive a power cut.
    fn sync(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()?;
        let whole = self.path.canonicalize()?;
        whole.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
    }
}

/// The sentence for a folder that another process holds.
pub(super) fn in_use(path: &Path) -> StorageError {
    StorageError::InUse(format!("the data folder {}", path.display()))
}

fn unusable(path: &Path, error: &io::Error) -> StorageError {
    StorageError::Failed(format!("the data folder {} cannot be used: {error}", path.display()))
}
