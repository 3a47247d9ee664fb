//! The master key's file: 32 random bytes, readable by its owner alone, never written over.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::SealingError;
use crate::foundation::{Random, Timestamp, random};

const LENGTH: usize = 32;
const FILE: &str = "master.key";

/// The key above all others. Wiped on drop, never printed.
pub(super) struct MasterKey(Zeroizing<[u8; LENGTH]>);

impl MasterKey {
    /// Where it stands in `folder`.
    pub(super) fn path(folder: &Path) -> PathBuf {
        folder.join(FILE)
    }

    /// Reads it; `None` if there is no such file. Refuses one that others may read or that is no master key.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, SealingError> {
        let path = Self::path(folder);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unusable(&path, &error)),
        };
        check_modes(folder, &path, &file)?;
        // One byte more than a key has, so that a longer file is noticed.
        let mut bytes = Zeroizing::new(Vec::with_capacity(LENGTH + 1));
        let limit = u64::try_from(LENGTH + 1).unwrap_or(u64::MAX);
        (&file).take(limit).read_to_end(&mut bytes).map_err(|error| unusable(&path, &error))?;
        let key = <[u8; LENGTH]>::try_from(bytes.as_slice()).map_err(|_| no_key(&path))?;
        Ok(Some(Self(Zeroizing::new(key))))
    }

    /// When its file was written.
    pub(super) fn written_at(folder: &Path) -> Result<Timestamp, SealingError> {
        let path = Self::path(folder);
        let metadata = std::fs::metadata(&path).map_err(|error| unusable(&path, &error))?;
        Ok(Timestamp(metadata.mtime().saturating_mul(1000)))
    }

    /// Makes a new one. It appears whole or not at all, outlives a power cut, and never replaces a file.
    pub(super) fn create(folder: &Path, random: &dyn Random) -> Result<Self, SealingError> {
        let path = Self::path(folder);
        let key = Self(Zeroizing::new(random::bytes(random)));
        write(folder, &path, key.expose()).map_err(|error| unusable(&path, &error))?;
        Ok(key)
    }

    pub(super) fn expose(&self) -> &[u8] {
        self.0.as_slice()
    }
}

fn write(folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let unfinished = path.with_extension("new");
    match std::fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    // A link fails where a file stands; a rename would replace it.
    std::fs::hard_link(&unfinished, path)?;
    std::fs::remove_file(&unfinished)?;
    File::open(folder)?.sync_all()?;
    folder.canonicalize()?.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

fn check_modes(folder: &Path, path: &Path, file: &File) -> Result<(), SealingError> {
    let mode = |metadata: io::Result<std::fs::Metadata>| {
        metadata.map(|metadata| metadata.permissions().mode() & 0o777).map_err(|error| unusable(path, &error))
    };
    let seen = mode(file.metadata())?;
    if seen & 0o077 != 0 {
        return Err(SealingError::MasterKey(format!(
            "the master key {0} is open to other users (mode {seen:04o}): run `chmod 600 {0}`",
            path.display()
        )));
    }
    let seen = mode(folder.metadata())?;
    if seen & 0o022 != 0 {
        return Err(SealingError::MasterKey(format!(
            "the folder {0} of the master key can be changed by other users (mode {seen:04o}): run `chmod 700 {0}`",
            folder.display()
        )));
    }
    Ok(())
}

fn no_key(path: &Path) -> SealingError {
    SealingError::MasterKey(format!(
        "the file {} is no master key, which has exactly {LENGTH} bytes: put back your copy of it",
        path.display()
    ))
}

fn unusable(path: &Path, error: &io::Error) -> SealingError {
    SealingError::MasterKey(format!("the master key {} cannot be used: {error}", path.display()))
}
