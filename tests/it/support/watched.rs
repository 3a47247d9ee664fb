//! A store that counts what it is asked, and can let two callers read one key before either goes on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use keyward::foundation::Timestamp;
use keyward::storage::{Batch, CheckReport, ExportSink, Key, Outcome, Raw, SharedStore, StorageError, Store};
use tokio::sync::Barrier;

/// The store.
#[derive(Debug)]
pub struct Watched {
    inner: SharedStore,
    gets: AtomicU64,
    commits: AtomicU64,
    scans: AtomicU64,
    /// Of this key the next so many reads are answered two by two.
    pairs: Mutex<Option<(Key, usize)>>,
    barrier: Barrier,
    /// The commit with this number never returns: whether it is done first.
    stop: Mutex<Option<(u64, bool)>>,
}

impl Watched {
    pub fn new(inner: SharedStore) -> Self {
        let barrier = Barrier::new(2);
        let (gets, commits, scans) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        Self { inner, gets, commits, scans, pairs: Mutex::new(None), barrier, stop: Mutex::new(None) }
    }

    pub fn gets(&self) -> u64 {
        self.gets.load(Ordering::SeqCst)
    }

    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::SeqCst)
    }

    /// Lets the commit with this number, counted from now, never return, `done` or not: as a kill at this moment.
    pub fn stop_at_commit(&self, number: u64, done: bool) {
        *self.stop.lock().unwrap() = Some((self.commits() + number, done));
    }

    pub fn scans(&self) -> u64 {
        self.scans.load(Ordering::SeqCst)
    }

    /// Answers the next `reads` reads of `key` only in pairs, so that two callers stand at the same point.
    pub fn pair_reads(&self, key: Key, reads: usize) {
        *self.pairs.lock().unwrap() = Some((key, reads));
    }

    fn is_paired(&self, keys: &[Key]) -> bool {
        let mut pairs = self.pairs.lock().unwrap_or_else(PoisonError::into_inner);
        match pairs.as_mut() {
            Some((key, left)) if *left > 0 && keys.contains(key) => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }
}

#[async_trait]
impl Store for Watched {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Raw>>, StorageError> {
        self.gets.fetch_add(1, Ordering::SeqCst);
        let found = self.inner.get(keys).await;
        if self.is_paired(keys) {
            self.barrier.wait().await;
        }
        found
    }

    async fn scan(
        &self,
        prefix: &Key,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Raw)>, StorageError> {
        self.scans.fetch_add(1, Ordering::SeqCst);
        self.inner.scan(prefix, after, limit).await
    }

    async fn commit(&self, batch: Batch) -> Result<Outcome, StorageError> {
        let number = self.commits.fetch_add(1, Ordering::SeqCst) + 1;
        let stop = *self.stop.lock().unwrap_or_else(PoisonError::into_inner);
        match stop.filter(|(stopped, _)| *stopped == number) {
            None => return self.inner.commit(batch).await,
            Some((_, true)) => drop(self.inner.commit(batch).await),
            Some((_, false)) => {}
        }
        std::future::pending().await
    }

    async fn sweep(&self, now: Timestamp, limit: usize) -> Result<usize, StorageError> {
        self.inner.sweep(now, limit).await
    }

    async fn export(&self, sink: &mut dyn ExportSink) -> Result<u64, StorageError> {
        self.inner.export(sink).await
    }

    async fn check(&self) -> Result<CheckReport, StorageError> {
        self.inner.check().await
    }

    fn failure(&self) -> tokio::sync::watch::Receiver<Option<String>> {
        self.inner.failure()
    }
}
