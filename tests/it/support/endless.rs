//! A store whose copy never ends, as a large one's seems to whoever waits.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use keyward::foundation::Timestamp;
use keyward::storage::{
    Batch, CheckReport, ExportSink, Key, Outcome, Raw, Revision, SharedStore, StorageError, Store, StoreMark,
    envelope,
};
use tokio::sync::{Notify, watch};

/// The store; all but its copy is the inner one's.
#[derive(Debug)]
pub struct Endless {
    inner: SharedStore,
    begun: Notify,
    ended: Notify,
    /// The test has failed: whatever still copies would keep it from its end.
    failed: AtomicBool,
}

impl Endless {
    pub fn over(inner: SharedStore) -> Self {
        Self { inner, begun: Notify::new(), ended: Notify::new(), failed: AtomicBool::new(false) }
    }

    /// Ends when a copy is under way.
    pub async fn begun(&self) {
        let begun = tokio::time::timeout(Duration::from_secs(60), self.begun.notified()).await;
        begun.expect("no copy begins");
    }

    /// Ends when a copy was given up.
    pub async fn ended(&self) {
        let ended = tokio::time::timeout(Duration::from_secs(20), self.ended.notified()).await;
        self.failed.store(ended.is_err(), Ordering::SeqCst);
        ended.expect("nobody waits, and it goes on");
    }
}

#[async_trait]
impl Store for Endless {
    async fn export(&self, sink: &mut dyn ExportSink) -> Result<u64, StorageError> {
        sink.begin(StoreMark { number: 1, revision: Revision::MAX })?;
        for number in 0_u64.. {
            let key = Key::new("note", &[&format!("{number:020}")]);
            let raw = Raw { json: b"1".to_vec(), revision: 1, expires: None };
            if let Err(error) = sink.record(&key, &envelope::encode(&key, &raw)) {
                self.ended.notify_one();
                return Err(error);
            }
            self.begun.notify_one();
            if self.failed.load(Ordering::SeqCst) {
                break;
            }
        }
        Err(StorageError::Failed("the test is over".to_owned()))
    }

    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Raw>>, StorageError> {
        self.inner.get(keys).await
    }

    async fn scan(
        &self,
        prefix: &Key,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Raw)>, StorageError> {
        self.inner.scan(prefix, after, limit).await
    }

    async fn commit(&self, batch: Batch) -> Result<Outcome, StorageError> {
        self.inner.commit(batch).await
    }

    async fn sweep(&self, now: Timestamp, limit: usize) -> Result<usize, StorageError> {
        self.inner.sweep(now, limit).await
    }

    async fn check(&self) -> Result<CheckReport, StorageError> {
        self.inner.check().await
    }

    fn failure(&self) -> watch::Receiver<Option<String>> {
        self.inner.failure()
    }
}
