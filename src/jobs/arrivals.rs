//! Notices when a commit queues a job, whoever made it, so that nobody has to ask the store again and again.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::{Notify, watch};

use super::store;
use crate::foundation::Timestamp;
use crate::storage::{Batch, CheckReport, ExportSink, Key, Outcome, Raw, SharedStore, StorageError, Store};

/// Tells the runner that something was queued.
#[derive(Debug, Clone, Default)]
pub struct Arrivals(Arc<Notify>);

impl Arrivals {
    /// `store`, and who tells of jobs that are committed to it.
    pub fn at(store: SharedStore) -> (SharedStore, Self) {
        let arrivals = Self::default();
        (Arc::new(Watched { store, arrivals: arrivals.clone() }), arrivals)
    }

    /// Ends at the next arrival, at once if there was one since the last call ended.
    pub(super) async fn next(&self) {
        self.0.notified().await;
    }
}

/// A store that tells of the jobs that are committed to it.
#[derive(Debug)]
struct Watched {
    store: SharedStore,
    arrivals: Arrivals,
}

#[async_trait]
impl Store for Watched {
    async fn commit(&self, batch: Batch) -> Result<Outcome, StorageError> {
        let queues = batch.puts_under(&store::prefix());
        let outcome = self.store.commit(batch).await?;
        if queues && outcome.is_done() {
            self.arrivals.0.notify_one();
        }
        Ok(outcome)
    }

    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Raw>>, StorageError> {
        self.store.get(keys).await
    }

    async fn scan(
        &self,
        prefix: &Key,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Raw)>, StorageError> {
        self.store.scan(prefix, after, limit).await
    }

    async fn sweep(&self, now: Timestamp, limit: usize) -> Result<usize, StorageError> {
        self.store.sweep(now, limit).await
    }

    async fn export(&self, sink: &mut dyn ExportSink) -> Result<u64, StorageError> {
        self.store.export(sink).await
    }

    async fn check(&self) -> Result<CheckReport, StorageError> {
        self.store.check().await
    }

    fn failure(&self) -> watch::Receiver<Option<String>> {
        self.store.failure()
    }
}
