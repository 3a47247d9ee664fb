//! The data folder: made for its owner alone, and held by one process.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::OFlags;

use super::StorageError;
use super::place::{FileSystem, Place, user_name};
use crate::config::storage::EngineName;

/// Held as long as the folder is in use; the system frees it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder if needed (mode 0700) and holds it, or says who is in the way: another process, or another owner.
    pub(super) fn hold(path: &Path) -> Result<Self, StorageError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(|error| unusable(path, &error))?;
        refuse_foreign(path)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        // A link would have us make or lock a file of somebody else's choice.
        options.custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
        let lock = options.open(path.join("lock")).map_err(|error| unusable(path, &error))?;
        match patiently(&lock) {
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
        let place = Place::of(&self.path).map_err(|error| self.unusable(&error))?;
        match place.file_system {
            FileSystem::Local | FileSystem::Btrfs => Ok(()),
            FileSystem::Network(name) => Err(StorageError::Failed(format!(
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

/// Refuses a folder of another user, before anything is written: the owner could not open what this process makes there.
fn refuse_foreign(path: &Path) -> Result<(), StorageError> {
    let owner = Place::of(path).map_err(|error| unusable(path, &error))?.owner;
    let own = rustix::process::geteuid().as_raw();
    if owner == own {
        return Ok(());
    }
    let folder = path.display();
    let known = |number| user_name(number).unwrap_or_else(|| format!("user {number}"));
    let mend = match owner {
        0 => format!("give it to whom it shall belong: chown -R {own} {folder}"),
        _ => {
            let run_as = user_name(owner).map(|name| format!("sudo -u {name}"));
            let run_as = run_as.unwrap_or_else(|| format!("setpriv --reuid {owner} --clear-groups"));
            format!("run this as its owner: {run_as} keyward …")
        }
    };
    Err(StorageError::Foreign(format!(
        "the data folder {folder} belongs to {}, and this program runs as {}; {mend}",
        known(owner),
        known(own)
    )))
}

/// Locks `file`, if need be after a moment: a process that is just ending, or is being born of one that held the lock, has it
/// for so long.
fn patiently(file: &File) -> Result<(), TryLockError> {
    const TRIES: u32 = 10;
    for _ in 1..TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(20)),
            done => return done,
        }
    }
    file.try_lock()
}

/// The sentence for a folder that another process holds.
pub(super) fn in_use(path: &Path) -> StorageError {
    StorageError::InUse(format!("the data folder {}", path.display()))
}

fn unusable(path: &Path, error: &io::Error) -> StorageError {
    StorageError::Failed(format!("the data folder {} cannot be used: {error}", path.display()))
}
