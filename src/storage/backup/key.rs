//! The key pair of backups: the public half makes them, the private half, kept elsewhere, opens them.
//!
//! The private half lies in a file as `age-keygen` writes it.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use age::secrecy::ExposeSecret as _;
use age::x25519;
use zeroize::Zeroizing;

use super::BackupError;

const LARGEST_FILE: u64 = 64 * 1024;

/// The public half: `age1…`.
#[derive(Clone)]
pub struct Recipient(pub(super) x25519::Recipient);

/// The private half. Never printed.
pub struct Identity(pub(super) x25519::Identity);

impl Identity {
    /// A fresh pair.
    pub fn generate() -> Self {
        Self(x25519::Identity::generate())
    }

    /// Its public half.
    pub fn recipient(&self) -> Recipient {
        Recipient(self.0.to_public())
    }

    /// Writes it to `path`, which must not exist, for its owner alone.
    pub fn write(&self, path: &Path) -> Result<(), BackupError> {
        let named = |error| BackupError::Place(format!("{} cannot be written: {error}", path.display()));
        let secret = self.0.to_string();
        let text = format!("# public key: {}\n{}\n", self.recipient(), secret.expose_secret());
        let text = Zeroizing::new(text);
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(path).map_err(named)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(named)
    }

    /// Reads it from `path`; a file that others may read is refused.
    pub fn read(path: &Path) -> Result<Self, BackupError> {
        let named = |why: &str| BackupError::Key(format!("{}: {why}", path.display()));
        let unread = |error: std::io::Error| named(&format!("cannot be read ({error})"));
        let file = File::open(path).map_err(unread)?;
        if file.metadata().map_err(unread)?.mode() & 0o077 != 0 {
            return Err(named(
                "is open to others than its owner; make it 0600, and trust it no more if they read it",
            ));
        }
        let mut text = Zeroizing::new(String::new());
        file.take(LARGEST_FILE).read_to_string(&mut text).map_err(unread)?;
        let mut keys = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let key = keys.next().and_then(|line| line.parse().ok()).filter(|_| keys.next().is_none());
        key.map(Self).ok_or_else(|| named("is no private key of backups; keyward backup key makes one"))
    }
}

impl std::str::FromStr for Recipient {
    type Err = BackupError;

    fn from_str(text: &str) -> Result<Self, BackupError> {
        let parsed = text.parse().map(Self);
        parsed.map_err(|_| {
            BackupError::Key(
                "the recipient is no public key of backups (age1…); keyward backup key makes one".to_owned(),
            )
        })
    }
}

impl std::fmt::Display for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::fmt::Debug for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the private half of {}", self.recipient())
    }
}
