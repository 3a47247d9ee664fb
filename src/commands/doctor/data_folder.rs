//! Whether the data folder is for its owner alone, and lies where a store can be relied upon.

use std::io::ErrorKind;
use std::path::PathBuf;

use async_trait::async_trait;

use super::{Check, Finding};
use crate::storage::place::{FileSystem, Place, user_name};

/// The check.
#[derive(Debug)]
pub struct DataFolder {
    /// The folder.
    pub folder: PathBuf,
}

#[async_trait]
impl Check for DataFolder {
    fn name(&self) -> &'static str {
        "data folder"
    }

    async fn look(&self) -> Finding {
        match Place::of(&self.folder) {
            Ok(place) => self.judge(place),
            Err(error) if error.kind() == ErrorKind::NotFound => Finding::Skipped(format!(
                "{} is not there yet: the first start makes it",
                self.folder.display()
            )),
            Err(error) => Finding::wrong(
                format!("{} cannot be looked at ({error})", self.folder.display()),
                "run this as the user that runs the server, or as root",
            ),
        }
    }
}

impl DataFolder {
    /// What is to be said of the folder if it is this place.
    pub fn judge(&self, place: Place) -> Finding {
        let folder = self.folder.display();
        let close = format!("run: chmod 700 {folder}");
        if place.mode & 0o022 != 0 {
            return Finding::wrong(
                format!("other users may change {folder} (mode {:04o})", place.mode),
                close,
            );
        }
        if place.mode & 0o055 != 0 {
            return Finding::warning(
                format!("other users may look into {folder} (mode {:04o})", place.mode),
                close,
            );
        }
        let move_away = "move it to a local disk with ext4 or XFS, while the server is stopped";
        match place.file_system {
            FileSystem::Local => {
                let owner = user_name(place.owner).unwrap_or_else(|| format!("user {}", place.owner));
                Finding::Well(format!("{folder} is for {owner} alone, on a local file system"))
            }
            FileSystem::Btrfs => Finding::warning(
                format!(
                    "{folder} lies on btrfs, which copies every page that is written: slow, and it may run out of room"
                ),
                move_away,
            ),
            FileSystem::Network(name) => Finding::warning(
                format!(
                    "{folder} lies on a network file system ({name}), whose locks and syncs cannot be relied upon"
                ),
                move_away,
            ),
        }
    }
}
