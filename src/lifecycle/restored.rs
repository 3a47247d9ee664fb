//! The first start after a restore: it proves that the backup was made under this installation's master key, and tells every
//! administrator (R-OP-09, R-OP-10).
//!
//! The key that opens backups, and one of them, are enough to write another: with other administrators, say, or a weaker policy.
//! So a backup bears a code that takes the master key, which a restore does not have. It is checked before anything is served.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};

use super::post::for_people;
use crate::audit::{Action, Actor, Origin, Outcome, Trail};
use crate::foundation::Timestamp;
use crate::pages::mails::Notice;
use crate::sealing::Sealing;
use crate::storage::backup::{Authentication, Whole};
use crate::storage::{Batch, Key, Record, SharedStore, StorageError};
use crate::users::Users;
use crate::users::notices::Notices;

/// What the key of a backup's code is derived for.
const PURPOSE: &str = "backup";
/// So many administrators are told by mail: their mails fit into one commit.
const MOST_TOLD: usize = 300;

/// The backup that became this store, until it is proven that it was made here.
#[derive(Debug, Serialize, Deserialize)]
struct Unproven {
    store: u64,
    made_at: Timestamp,
    digest: String,
    code: String,
}

impl Record for Unproven {}

fn key() -> Key {
    Key::new("restored", &[])
}

/// Why a restored store is not opened.
#[derive(Debug, thiserror::Error)]
pub enum RestoredError {
    /// Whoever made the backup did not have the master key.
    #[error(
        "the backup of {0} that was restored here was not made under this master key, so somebody may have forged it: restore another one into a new folder"
    )]
    Forged(String),
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Says under the master key that a copy was made here.
pub fn authentication(sealing: Arc<Sealing>) -> Authentication {
    Box::new(move |digest| sealing.keyed_hash(PURPOSE, digest))
}

/// Adds to `batch` what the first start must prove of the backup.
pub(super) fn note(batch: &mut Batch, backup: &Whole) {
    let unproven = Unproven {
        store: backup.head.store,
        made_at: backup.head.made_at,
        digest: STANDARD_NO_PAD.encode(backup.summary.digest),
        code: STANDARD_NO_PAD.encode(backup.code),
    };
    batch.put(key(), &unproven, None);
}

/// Refuses a store that was restored from a forged backup; to be called before anything else is done with it. After an honest
/// one every administrator is told, once, and the trail shows where the past begins anew. Answers whether this
/// is the first start after a restore.
pub async fn accept(
    store: &SharedStore,
    sealing: &Sealing,
    users: &Users,
    trail: &Trail,
    notices: &Notices,
) -> Result<bool, RestoredError> {
    let Some(found) = store.fetch::<Unproven>(&key()).await? else { return Ok(false) };
    let backup = found.value;
    if !is_ours(&backup, sealing) {
        return Err(RestoredError::Forged(backup.made_at.rfc3339()));
    }
    let mut batch = Batch::new();
    batch.require_revision(key(), found.revision).delete(key());
    let event = trail.event(Action::Restored, Outcome::Success, &Origin::default());
    event.by(Actor::CommandLine).backup(backup.store, backup.made_at).write(&mut batch);
    let notice = Notice::Restored { made_at: for_people(backup.made_at) };
    for administrator in users.administrators().await?.iter().take(MOST_TOLD) {
        notices.tell(&mut batch, administrator, notice.clone(), &Origin::default()).await?;
    }
    // Refused means that another start was first: it has told them.
    if store.commit(batch).await?.is_done() {
        let (made_at, number) = (backup.made_at.rfc3339(), format!("{:016x}", backup.store));
        tracing::warn!(made_at, store = number, "this data was restored from a backup, which was made here");
    }
    Ok(true)
}

fn is_ours(backup: &Unproven, sealing: &Sealing) -> bool {
    let read = |text: &str| STANDARD_NO_PAD.decode(text).unwrap_or_default();
    sealing.verify_keyed_hash(PURPOSE, &read(&backup.digest), &read(&backup.code))
}
