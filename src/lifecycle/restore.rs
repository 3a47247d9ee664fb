//! The restore of a backup into an empty folder, and what it may not bring back (R-OP-09, R-OP-10).
//!
//! Nobody knows what was revoked, spent or signed out between the backup and the restore. So whatever was to pass anyway is
//! dead: sessions, codes, tokens, journeys, invitations, counters of tries, mails that were waiting. What has no end stays: people, passwords,
//! authenticator apps, applications, keys, policy; and the audit trail. The floor of each authenticator app rises to now, so
//! that no code that was ever shown is good again, and recovery codes are void.

use std::path::Path;
use std::sync::Arc;

use crate::audit::{Action, Actor, Origin, Outcome, Trail};
use crate::config::storage::EngineName;
use crate::factors;
use crate::foundation::{Clock, Random, Timestamp};
use crate::storage::backup::file::{self, Opened};
use crate::storage::backup::key::Identity;
use crate::storage::backup::{BackupError, Head};
use crate::storage::loading::Loading;
use crate::storage::new_folder::NewFolder;
use crate::storage::redb::CACHE_BYTES;
use crate::storage::{self, Batch, ExportSink as _, Key, Raw, StorageError, StoreMark, envelope, moving};

/// Kinds that pass although their records have no end: one-time codes, of which nobody knows which were spent, and work that
/// was waiting, of which nobody knows whether it was done.
const PASSING: &[&str] = &["factor_recovery_codes", "job"];
/// Kinds that stay although their records have an end.
const KEPT: &[&str] = &["audit", "signing-key", "user_name"];

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
    /// Chance.
    pub random: Arc<dyn Random>,
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
        let (head, whole) = file::verify(self.file, self.identity)?;
        folder.require_space(whole.bytes)?;
        let mut loading = Loading::begin(self.engine, folder.path())?;
        loading.begin(StoreMark { number: head.store, revision: head.revision })?;
        let mut backup = file::open(self.file, self.identity)?;
        let kept = self.lay(&mut backup, &mut loading)?;
        if backup.summary() != whole {
            return Err(BackupError::Damaged("it changed while it was read".to_owned()));
        }
        loading.finish()?;
        let store = storage::open(self.engine, folder.path(), CACHE_BYTES, self.clock.clone())?;
        store.commit(self.event()).await?;
        moving::require_sound(store.as_ref()).await?;
        drop(store);
        folder.finish()?;
        Ok(Restored { head, kept, dead: whole.records - kept })
    }

    fn lay(&self, backup: &mut Opened, loading: &mut Loading) -> Result<u64, BackupError> {
        let now = self.clock.now();
        let mut kept = 0;
        while let Some((key, bytes)) = backup.read_record()? {
            if let Some(raw) = survives(&key, envelope::decode(&key, &bytes)?, now)? {
                loading.record(&key, &envelope::encode(&key, &raw))?;
                kept += 1;
            }
        }
        Ok(kept)
    }

    /// Administrators see in the trail where the past begins anew.
    fn event(&self) -> Batch {
        let trail = Trail::new(self.clock.clone(), self.random.clone());
        let mut batch = Batch::new();
        let event = trail.event(Action::Restored, Outcome::Success, &Origin::default());
        event.by(Actor::CommandLine).write(&mut batch);
        batch
    }
}

/// The record as it lives on after a restore at `now`, if it does.
fn survives(key: &Key, raw: Raw, now: Timestamp) -> Result<Option<Raw>, StorageError> {
    let is_one_of = |kinds: &[&str]| kinds.iter().any(|kind| kind.as_bytes() == key.kind());
    if is_one_of(PASSING) || raw.expires.is_some() && !is_one_of(KEPT) {
        return Ok(None);
    }
    if is_one_of(&[factors::store::TOTP]) {
        return factors::store::after_restore(raw, now).map(Some);
    }
    Ok(Some(raw))
}
