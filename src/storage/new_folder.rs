//! A data folder in the making: it gets its name once it is whole.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::backup::BackupError;

/// A folder beside its later place, where nothing may stand but an empty folder.
#[derive(Debug)]
pub struct NewFolder {
    place: PathBuf,
    unfinished: PathBuf,
}

impl NewFolder {
    /// Makes sure that `place` is free. What an interrupted attempt left beside it is removed.
    pub fn begin(place: &Path) -> Result<Self, BackupError> {
        let named = |error| unusable(place, &error);
        if place.exists() && place.read_dir().map_err(named)?.next().is_some() {
            return Err(BackupError::Place(format!(
                "{} is not empty; name a folder that is, or does not exist",
                place.display()
            )));
        }
        let mut name = place.file_name().unwrap_or_default().to_owned();
        name.push(".unfinished");
        let unfinished = place.with_file_name(name);
        if unfinished.exists() {
            std::fs::remove_dir_all(&unfinished).map_err(named)?;
        }
        Ok(Self { place: place.to_owned(), unfinished })
    }

    /// Where to work meanwhile.
    pub fn path(&self) -> &Path {
        &self.unfinished
    }

    /// Refuses to begin what would fill the disk: `bytes` of records, and as much again for what an engine keeps beside them.
    pub fn require_space(&self, bytes: u64) -> Result<(), BackupError> {
        let named = |error| unusable(&self.place, &error);
        let parent = self.parent();
        let disk = rustix::fs::statvfs(parent).map_err(|error| named(error.into()))?;
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

    /// Gives it its name, for good.
    pub fn finish(self) -> Result<(), BackupError> {
        let renamed = std::fs::rename(&self.unfinished, &self.place);
        let synced = renamed.and_then(|()| File::open(self.parent())?.sync_all());
        synced.map_err(|error| unusable(&self.place, &error))
    }

    fn parent(&self) -> &Path {
        self.place.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }
}

fn unusable(path: &Path, error: &std::io::Error) -> BackupError {
    BackupError::Place(format!("{} cannot be used: {error}", path.display()))
}
