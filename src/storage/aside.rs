//! Records that could not be used where they stood: set aside as they were, so that the rest of their queue goes on and
//! somebody can look at them. They stand as `set_aside/<kind>/<time>/<hash of the key>`, and are never removed by themselves.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::{Batch, Key, Raw, Record, SharedStore, StorageError};
use crate::foundation::Timestamp;

/// So many bytes of a record are kept: far more than any of ours has, and a batch holds many of them.
const KEPT: usize = 16 * 1024;
const KIND: &str = "set_aside";
const PAGE: usize = 500;

/// A record that was set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    /// When.
    pub at: Timestamp,
    /// Where it stood.
    pub key: String,
    /// Why, in our own words.
    pub why: String,
    /// Its first 16 KiB, base64url; empty where nothing could be read.
    pub record: String,
}

impl Record for SetAside {}

impl SetAside {
    /// One that cannot be read itself is told of all the same.
    fn read(key: &Key, raw: Raw) -> Self {
        raw.decode().map(|stored| stored.value).unwrap_or_else(|error| Self {
            at: Timestamp(0),
            key: key.to_string(),
            why: error.to_string(),
            record: String::new(),
        })
    }
}

/// Adds to `batch` that what stands at `key` is set aside, because of `why`.
pub fn set_aside(batch: &mut Batch, key: &Key, raw: Option<&Raw>, why: &str, at: Timestamp) {
    let kept = raw.and_then(|raw| raw.json.get(..raw.json.len().min(KEPT))).unwrap_or_default();
    let aside =
        SetAside { at, key: key.to_string(), why: why.to_owned(), record: URL_SAFE_NO_PAD.encode(kept) };
    let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, key.as_bytes()));
    let kind = String::from_utf8_lossy(key.kind()).into_owned();
    let place = Key::new(KIND, &[&kind, &format!("{:016}", at.0.max(0)), &hash]);
    batch.delete(key.clone()).put(place, &aside, None);
}

/// All that was set aside, or, with a `kind`, what stood among its records; the oldest of each kind first.
pub async fn all(store: &SharedStore, kind: Option<&str>) -> Result<Vec<SetAside>, StorageError> {
    let prefix = Key::prefix(KIND, kind.as_slice());
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = store.scan(&prefix, after.as_ref(), PAGE).await?;
        let Some((last, _)) = page.last() else { return Ok(found) };
        after = Some(last.clone());
        found.extend(page.into_iter().map(|(key, raw)| SetAside::read(&key, raw)));
    }
}
