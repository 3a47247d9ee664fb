//! The data folder: made for its owner alone, and held by one process.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::StorageError;
use crate::config::storage::EngineName;

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
        // A link would have us make or lock a file of somebody else's choice.
        options.custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
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

    /// Makes the folder `name` (mode 0700) whole or not at all, as [`Self::create`] does.
    pub(super) fn create_folder(
        &self,
        name: &str,
        fill: impl FnOnce(&Path) -> Result<(), StorageError>,
    ) -> Result<(), StorageError> {
        let unfinished = self.file(&format!("{name}.new"));
        let fault = |error: io::Error| self.unusable(&error);
        if unfinished.exists() {
            std::fs::remove_dir_all(&unfinished).map_err(fault)?;
        }
        DirBuilder::new().mode(0o700).create(&unfinished).map_err(fault)?;
        fill(&unfinished)?;
        File::open(&unfinished).and_then(|folder| folder.sync_all()).map_err(fault)?;
        std::fs::rename(&unfinished, self.file(name)).map_err(fault)?;
        self.sync().map_err(fault)
    }

    /// Refuses a folder in which another engine than `own` keeps a store.
    pub(super) fn refuse_others(&self, own: EngineName) -> Result<(), StorageError> {
        let other = EngineName::ALL.into_iter().find(|it| *it != own && self.file(it.place()).exists());
        let Some(other) = other else { return Ok(()) };
        Err(StorageError::Failed(format!(
            "the data folder {} holds a store of {other}, but storage.engine is \"{own}\": set storage.engine = \"{other}\", or bring the data over with keyward move --to {own}",
            self.path.display()
        )))
    }

    /// Refuses a folder on a network file system, whose locks and syncs cannot be relied upon.
    pub(super) fn refuse_network(&self) -> Result<(), StorageError> {
        let found = rustix::fs::statfs(&self.path).map_err(|error| self.unusable(&error.into()))?;
        match network_file_system(found.f_type) {
            None => Ok(()),
            Some(name) => Err(StorageError::Failed(format!(
                "the data folder {} lies on a network file system ({name}): choose a local disk",
                self.path.display()
            ))),
        }
    }

    /// The sentence for a folder, or something in it, that cannot be used.
    pub(super) fn unusable(&self, error: &io::Error) -> StorageError {
        unusable(&self.path, error)
    }

    /// Makes the names in the folder, and its own, outlive a power cut.
    pub(super) fn sync(&self) -> io::Result<()> {
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

/// The name of a network file system by its magic number (statfs(2)).
fn network_file_system(magic: i64) -> Option<&'static str> {
    match magic {
        0x6969 => Some("NFS"),
        0x517b => Some("SMB"),
        0xff53_4d42 => Some("CIFS"),
        0xfe53_4d42 => Some("SMB 2"),
        0x0102_1997 => Some("9P"),
        0x00c3_6400 => Some("Ceph"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::network_file_system;

    #[test]
    fn network_file_systems_are_known_and_local_ones_are_not_among_them() {
        assert_eq!(network_file_system(0x6969), Some("NFS"));
        assert!(
            [0xef53, 0x5846_5342, 0x0102_1994].into_iter().all(|local| network_file_system(local).is_none())
        );
    }
}
