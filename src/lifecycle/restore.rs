//! The restore of a backup into an empty folder, and what it may not bring back (R-OP-09, R-OP-10).
//!
//! Nobody knows what was revoked, spent or signed out between the backup and the restore. So every kind of record is named here
//! as one that lives again or one that stays dead, whatever end its records have; a backup with any other kind is refused. The
//! floor of each authenticator app rises to now, so that no code that was ever shown is good again; how far a token has counted nobody
//! knows, so it is astray until it shows two codes in a row. Signing keys stay dead
//! too, because one of them may have been revoked; the first start makes new ones.
//!
//! A restore has no master key. It notes what the first start must prove ([`super::restored`]).

use std::path::Path;
use std::sync::Arc;

use super::restored;
use crate::config::storage::EngineName;
use crate::factors::{self, token_store};
use crate::foundation::{Clock, Timestamp};
use crate::storage::backup::file::{self, Opened};
use crate::storage::backup::key::Identity;
use crate::storage::backup::{BackupError, Head};
use crate::storage::loading::Loading;
use crate::storage::new_folder::NewFolder;
use crate::storage::redb::CACHE_BYTES;
use crate::storage::{self, Batch, ExportSink as _, Key, Raw, StoreMark, envelope, moving};

/// The kinds of records that live again, those with an end until then. An entry with a part stands for that part alone.
pub const LIVING: &[&str] = &[
    "administrators",
    "audit",
    "client",
    "configuration",
    "consent",
    "factor_passkeys",
    "factor_totp",
    "generation",
    "group",
    "group_joined",
    "hardware_token",
    "hardware_token_forgotten",
    "limit_authenticator",
    "mail_changed",
    "passkey_offered",
    "passkey_owner",
    "passkey_site",
    "password_by_mail",
    "password_pepper",
    "sealing",
    "set_aside",
    "set-up/offered",
    "settings",
    "texts",
    "user",
    "user_name",
    "user_password",
];

/// The kinds that stay dead, also where their records have no end: what proves something, what is good once, of which nobody
/// knows whether it was spent, and work that was waiting, of which nobody knows whether it was done.
pub const DEAD: &[&str] = &[
    "access-token",
    "browser",
    "code",
    "factor_access_code",
    "factor_mail_code",
    "factor_recovery_codes",
    "factor_totp_pending",
    "first-signing-key",
    "invitation",
    "job",
    "job_pace",
    "journey",
    "known-device",
    "limit_mail",
    "limit_password",
    "limit_password_device",
    "limit_password_everywhere",
    "limit_password_told",
    "limit_rate",
    "logout",
    "mailed_link",
    "participant",
    "passkey_ceremony",
    "recovery_sheet",
    "remembered_device",
    "restored",
    "session",
    "set-up/link",
    "signing-key",
    "user-invitation",
    "user-session",
    "user_mailed_link",
];

/// What is restored, and where to.
#[derive(Debug)]
pub struct Restore<'a> {
    /// The backup.
    pub file: &'a Path,
    /// The private half of its key.
    pub identity: &'a Identity,
    /// The new data folder: empty, or not there yet.
    pub into: &'a Path,
    /// The engine that keeps it from now on.
    pub engine: EngineName,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What the backup says of itself.
    pub head: Head,
    /// Records that live again.
    pub kept: u64,
    /// Records that stay dead.
    pub dead: u64,
}

impl Restore<'_> {
    /// Reads all of the backup, then writes all that may live again, then checks it, then gives the folder its name.
    pub async fn run(&self) -> Result<Restored, BackupError> {
        let folder = NewFolder::begin(self.into)?;
        let whole = file::verify(self.file, self.identity)?;
        folder.require_space(whole.summary.bytes)?;
        let mut loading = Loading::begin(self.engine, folder.path())?;
        loading.begin(StoreMark { number: whole.head.store, revision: whole.head.revision })?;
        let mut backup = file::open(self.file, self.identity)?;
        let kept = self.lay(&mut backup, &mut loading)?;
        if backup.into_whole() != whole {
            return Err(BackupError::Damaged("it changed while it was read".to_owned()));
        }
        loading.finish()?;
        let store = storage::open(self.engine, folder.path(), CACHE_BYTES, self.clock.clone())?;
        let mut batch = Batch::new();
        restored::note(&mut batch, &whole);
        store.commit(batch).await?;
        moving::require_sound(store.as_ref()).await?;
        drop(store);
        folder.finish()?;
        Ok(Restored { kept, dead: whole.summary.records - kept, head: whole.head })
    }

    fn lay(&self, backup: &mut Opened, loading: &mut Loading) -> Result<u64, BackupError> {
        let now = self.clock.now();
        let mut kept = 0;
        while let Some((key, bytes)) = backup.read_record()? {
            if lives(&key)? {
                let raw = as_of(now, &key, envelope::decode(&key, &bytes)?)?;
                loading.record(&key, &envelope::encode(&key, &raw))?;
                kept += 1;
            }
        }
        Ok(kept)
    }
}

/// Whether the record at `key` lives again. What nobody has thought of is refused.
fn lives(key: &Key) -> Result<bool, BackupError> {
    let is_one_of = |kinds: &[&str]| kinds.iter().any(|kind| is_of(key, kind.as_bytes()));
    match (is_one_of(DEAD), is_one_of(LIVING)) {
        (true, _) => Ok(false),
        (false, true) => Ok(true),
        (false, false) => Err(BackupError::Unknown(String::from_utf8_lossy(key.kind()).into_owned())),
    }
}

fn is_of(key: &Key, kind: &[u8]) -> bool {
    key.as_bytes().strip_prefix(kind).is_some_and(|rest| rest.first().is_none_or(|next| *next == b'/'))
}

fn as_of(now: Timestamp, key: &Key, raw: Raw) -> Result<Raw, BackupError> {
    if key.kind() == factors::store::TOTP.as_bytes() {
        return Ok(factors::store::after_restore(raw, now)?);
    }
    if [token_store::KIND, token_store::FORGOTTEN].iter().any(|kind| key.kind() == kind.as_bytes()) {
        return Ok(token_store::after_restore(raw, now)?);
    }
    Ok(raw)
}
