//! A data folder in the making: it gets its name once it is whole.

use std::fs::{DirBuilder, File};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::backup::BackupError;
use crate::foundation::random::{self, SystemRandom};

/// How the names of folders end that are not whole yet.
const UNFINISHED: &str = ".unfinished";

/// A folder beside its later place, where nothing may stand but an empty folder. It vanishes unless it is finished.
#[derive(Debug)]
pub struct NewFolder {
    place: PathBuf,
    unfinished: PathBuf,
    // Locked as long as somebody works in it; the system frees it when the process ends, however it ends.
    _held: File,
}

impl NewFolder {
    /// Makes sure that `place` is free, and makes a folder (mode 0700) beside it. What interrupted attempts left there is
    /// removed; what others work in is left alone.
    pub fn begin(place: &Path) -> Result<Self, BackupError> {
        let named = |error| unusable(place, &error);
        if place.exists() && place.read_dir().map_err(named)?.next().is_some() {
            return Err(BackupError::Place(format!(
                "{} is not empty; name a folder that is, or does not exist",
                place.display()
            )));
        }
        let folder = parent(place);
        let turn = File::open(folder).map_err(named)?;
        // Held until ours is locked. Where the file system knows no locks, nothing is cleared away.
        if turn.lock().is_ok() {
            clear_abandoned(place).map_err(named)?;
        }
        let unfinished = folder.join(format!("{}{}{UNFINISHED}", beginning(place), draw()));
        DirBuilder::new().mode(0o700).create(&unfinished).map_err(named)?;
        let held = File::open(&unfinished).map_err(named)?;
        // Nobody else knows its name yet, so this only fails where there are no locks.
        let _ = held.try_lock();
        Ok(Self { place: place.to_owned(), unfinished, _held: held })
    }

    /// Where to work meanwhile.
    pub fn path(&self) -> &Path {
        &self.unfinished
    }

    /// Refuses to begin what would fill the disk: `bytes` of records, and as much again for what an engine keeps beside them.
    pub fn require_space(&self, bytes: u64) -> Result<(), BackupError> {
        let named = |error| unusable(&self.place, &error);
        let disk = rustix::fs::statvfs(parent(&self.place)).map_err(|error| named(error.into()))?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        if free < bytes.saturating_mul(2) {
            let (needed, free) = (bytes.saturating_mul(2) / 1_048_576, free / 1_048_576);
            return Err(BackupError::Place(format!(
                "{} needs {needed} MiB, but its disk has only {free} MiB left",
                self.place.display()
            )));
        }
        Ok(())
    }

    /// Gives it its name, for good. Nothing that stands there by now is replaced.
    pub fn finish(self) -> Result<(), BackupError> {
        // A folder takes the place of an empty folder, and of nothing else.
        let renamed = std::fs::rename(&self.unfinished, &self.place);
        let synced = renamed.and_then(|()| File::open(parent(&self.place))?.sync_all());
        synced.map_err(|error| unusable(&self.place, &error))
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        // It has its name by now, or is worth nothing.
        let _ = std::fs::remove_dir_all(&self.unfinished);
    }
}

fn clear_abandoned(place: &Path) -> std::io::Result<()> {
    let beginning = beginning(place);
    for entry in parent(place).read_dir()? {
        let (name, path) = entry.map(|entry| (entry.file_name(), entry.path()))?;
        let name = name.to_string_lossy();
        let drawn = name.strip_prefix(&beginning).and_then(|rest| rest.strip_suffix(UNFINISHED));
        let ours = drawn.is_some_and(|drawn| drawn.len() == DRAWN && !drawn.contains('.'));
        if ours && File::open(&path).is_ok_and(|folder| folder.try_lock().is_ok()) {
            std::fs::remove_dir_all(&path)?;
        }
    }
    Ok(())
}

fn beginning(place: &Path) -> String {
    format!("{}.", place.file_name().unwrap_or_default().to_string_lossy())
}

/// Characters that tell one attempt from another.
const DRAWN: usize = 8;

/// Chance in a file name, so that nobody meets what another process left or works on.
pub(super) fn draw() -> String {
    random::alphanumeric(&SystemRandom, DRAWN)
}

fn parent(place: &Path) -> &Path {
    place.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn unusable(path: &Path, error: &std::io::Error) -> BackupError {
    BackupError::Place(format!("{} cannot be used: {error}", path.display()))
}
