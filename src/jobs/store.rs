//! Jobs as records, in the order in which they are due: `job/<due>/<id>`.

use serde::{Deserialize, Serialize};

use crate::foundation::Timestamp;
use crate::foundation::ids::JobId;
use crate::sealing::{Identity, Sealed};
use crate::storage::{Batch, Key, Raw, Record, Revision, SharedStore, StorageError, aside};

/// A job that waits, or is under way until its lease ends.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Waiting {
    pub kind: String,
    pub data: Sealed,
    /// Tries begun so far.
    pub tries: u32,
    pub queued_at: Timestamp,
    pub until: Timestamp,
}

impl Record for Waiting {}

impl Waiting {
    pub fn new(kind: &str, data: Sealed, queued_at: Timestamp, until: Timestamp) -> Self {
        Self { kind: kind.to_owned(), data, tries: 0, queued_at, until }
    }

    /// It never expires by itself: the runner removes it, and tells if it was not done.
    pub fn put(&self, batch: &mut Batch, id: &JobId, due: Timestamp) -> Key {
        let place = key(id, due);
        batch.put(place.clone(), self, None);
        place
    }
}

/// A job at its place.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub key: Key,
    pub revision: Revision,
    pub id: JobId,
    pub due: Timestamp,
    pub waiting: Waiting,
}

impl Placed {
    /// `None` if it is no job of ours.
    fn read(key: &Key, raw: &Raw) -> Option<Self> {
        let due = due_of(key)?;
        let stored = raw.clone().decode::<Waiting>().ok()?;
        let id = JobId::from_text(key.last_part());
        Some(Self { key: key.clone(), revision: stored.revision, id, due, waiting: stored.value })
    }

    /// Adds to `batch` that it is due at `due`, on condition that nobody else has moved it. Its new place.
    pub fn moved(&self, batch: &mut Batch, due: Timestamp) -> Key {
        self.removed(batch);
        self.waiting.put(batch, &self.id, due)
    }

    /// Adds to `batch` that it is gone, on condition that nobody else has moved it.
    pub fn removed(&self, batch: &mut Batch) {
        batch.require_revision(self.key.clone(), self.revision).delete(self.key.clone());
    }
}

pub(super) fn prefix() -> Key {
    Key::prefix("job", &[])
}

fn key(id: &JobId, due: Timestamp) -> Key {
    Key::new("job", &[&format!("{:016}", due.0.max(0)), id.as_str()])
}

/// The identity of a job's sealed data.
pub(super) fn sealed_as(id: &JobId) -> Identity<'_> {
    Identity { kind: "job", field: "data", id: id.as_str() }
}

/// The `most` jobs that are due first. What cannot be read is set aside, so that it does not stop what stands behind it.
pub(super) async fn first(
    store: &SharedStore,
    most: usize,
    now: Timestamp,
) -> Result<Vec<Placed>, StorageError> {
    loop {
        let (mut placed, mut strange, mut batch) = (Vec::new(), Vec::new(), Batch::new());
        for (key, raw) in store.scan(&prefix(), None, most).await? {
            match Placed::read(&key, &raw) {
                Some(job) => placed.push(job),
                None => {
                    batch.require_revision(key.clone(), raw.revision);
                    aside::set_aside(&mut batch, &key, Some(&raw), "it cannot be read as a job", now);
                    strange.push(key);
                }
            }
        }
        if strange.is_empty() {
            return Ok(placed);
        }
        if store.commit(batch).await?.is_done() {
            for key in strange {
                tracing::error!(%key, "a job cannot be read; it was set aside");
            }
        }
    }
}

/// How many jobs wait, and since when the oldest of them.
pub(super) async fn waiting(store: &SharedStore) -> Result<(usize, Option<Timestamp>), StorageError> {
    const PAGE: usize = 500;
    let (mut count, mut oldest, mut after) = (0, None, None);
    loop {
        let page = store.scan(&prefix(), after.as_ref(), PAGE).await?;
        let Some((last, _)) = page.last() else { return Ok((count, oldest)) };
        after = Some(last.clone());
        count += page.len();
        let jobs = page.iter().filter_map(|(key, raw)| Placed::read(key, raw));
        oldest = oldest.into_iter().chain(jobs.map(|job| job.waiting.queued_at)).min();
    }
}

fn due_of(key: &Key) -> Option<Timestamp> {
    let time = key.as_bytes().split(|byte| *byte == b'/').nth(1)?;
    std::str::from_utf8(time).ok()?.parse().ok().map(Timestamp)
}

/// How many jobs of `kind` were begun in the hour of `now`, and when that hour ends.
pub(super) fn pace(kind: &str, now: Timestamp) -> (Key, Timestamp) {
    const HOUR: i64 = 3_600_000;
    let hour = now.0.div_euclid(HOUR);
    let end = Timestamp(hour.saturating_add(1).saturating_mul(HOUR));
    (Key::new("job_pace", &[kind, &hour.to_string()]), end)
}
