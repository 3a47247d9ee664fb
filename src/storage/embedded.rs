//! The store over an embedded engine: reads go to the engine, writes to the one writer.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread::JoinHandle;

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot, watch};

use super::engine::{Engine, Space};
use super::writer::{self, Failure, Request, Writer};
use super::{
    Batch, CheckReport, ExportSink, Key, Outcome, Raw, StorageError, Store, StoreMark, envelope, expiry,
    inspection, limits, upgrade,
};
use crate::foundation::clock::Stopwatch;
use crate::foundation::{Clock, Timestamp};
use crate::telemetry::metrics;

/// Records that wait between the engine and a slow export sink.
const EXPORT_AHEAD: usize = 256;

/// A [`Store`] over one engine of this process. Dropping it waits for the writer's last round.
#[derive(Debug)]
pub struct Embedded {
    engine: Arc<dyn Engine>,
    clock: Arc<dyn Clock>,
    failure: Failure,
    requests: Option<mpsc::Sender<Request>>,
    writer: Option<JoinHandle<()>>,
}

impl Embedded {
    /// Checks or founds the store in `engine` and starts its writer. `clock` decides what has expired.
    pub fn start(engine: Arc<dyn Engine>, clock: Arc<dyn Clock>) -> Result<Self, StorageError> {
        let revision = upgrade::prepare(&*engine)?;
        let failure: Failure = Arc::new(watch::Sender::new(None));
        let writer =
            Writer { engine: engine.clone(), clock: clock.clone(), failure: failure.clone(), revision };
        let (requests, writer) = writer::start(writer)?;
        Ok(Self { engine, clock, failure, requests: Some(requests), writer: Some(writer) })
    }

    async fn ask<T>(
        &self,
        request: Request,
        answer: oneshot::Receiver<Result<T, StorageError>>,
    ) -> Result<T, StorageError> {
        let requests = self.requests.as_ref().ok_or_else(|| self.stopped())?;
        requests.send(request).await.map_err(|_| self.stopped())?;
        answer.await.map_err(|_| self.stopped())?
    }

    fn stopped(&self) -> StorageError {
        let reason = self.failure.borrow().clone();
        StorageError::Failed(reason.unwrap_or_else(|| "the writer has stopped".into()))
    }

    /// Runs `work` where it may wait for the disk. A failing engine ends all acknowledging, on reads too (R-ST-02).
    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Engine) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let engine = self.engine.clone();
        let done = tokio::task::spawn_blocking(move || work(&*engine)).await;
        self.heed(done.unwrap_or_else(|error| Err(StorageError::Failed(format!("reading stopped: {error}")))))
    }

    fn heed<T>(&self, result: Result<T, StorageError>) -> Result<T, StorageError> {
        if let Err(StorageError::Failed(reason)) = &result {
            writer::note_failure(&self.failure, reason);
        }
        result
    }
}

#[async_trait]
impl Store for Embedded {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Raw>>, StorageError> {
        let now = self.clock.now();
        let bytes: Vec<&[u8]> = keys.iter().map(Key::as_bytes).collect();
        let found = self.heed(self.engine.get(Space::Data, &bytes))?;
        let live = keys.iter().zip(found).map(|(key, bytes)| {
            let raw = bytes.map(|bytes| envelope::decode_owned(key, bytes)).transpose()?;
            Ok(raw.filter(|raw| !expiry::is_over(raw.expires, now)))
        });
        live.collect()
    }

    async fn scan(
        &self,
        prefix: &Key,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Raw)>, StorageError> {
        let page = Page { prefix: prefix.clone(), after: after.cloned(), limit, now: self.clock.now() };
        if let Some(records) = self.heed(page.read(&*self.engine, SHORT))? {
            return Ok(records);
        }
        let records = self.aside(move |engine| page.read(engine, usize::MAX)).await?;
        Ok(records.unwrap_or_default())
    }

    async fn commit(&self, batch: Batch) -> Result<Outcome, StorageError> {
        limits::check(&batch)?;
        let (answer, answered) = oneshot::channel();
        let watch = Stopwatch::start();
        let settled = self.ask(Request::Commit(batch, answer), answered).await;
        let outcome = match &settled {
            Ok(Outcome::Done(_)) => "done",
            Ok(Outcome::Refused(_)) => "refused",
            Err(_) => "failed",
        };
        metrics::commit(outcome, watch.elapsed());
        settled
    }

    async fn sweep(&self, now: Timestamp, limit: usize) -> Result<usize, StorageError> {
        let (answer, answered) = oneshot::channel();
        self.ask(Request::Sweep { now, limit, answer }, answered).await
    }

    async fn export(&self, sink: &mut dyn ExportSink) -> Result<u64, StorageError> {
        let (sender, records) = mpsc::channel(EXPORT_AHEAD);
        let walk = self.aside(move |engine| send_all(engine, &sender));
        let (walked, received) = tokio::join!(walk, hand_over(records, sink));
        let count = received?;
        walked.map(|()| count)
    }

    async fn check(&self) -> Result<CheckReport, StorageError> {
        self.aside(inspection::inspect).await
    }

    fn failure(&self) -> watch::Receiver<Option<String>> {
        self.failure.subscribe()
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(writer) = self.writer.take() {
            // A panic of the writer has been noted by itself.
            drop(writer.join());
        }
    }
}

/// So many records are read at once, where another thread would cost more than reading them.
const SHORT: usize = 32;

/// One page of a scan.
struct Page {
    prefix: Key,
    after: Option<Key>,
    limit: usize,
    now: Timestamp,
}

impl Page {
    /// Its records; `None` where more than `most` stand before its end.
    fn read(&self, engine: &dyn Engine, most: usize) -> Result<Option<Vec<(Key, Raw)>>, StorageError> {
        let (mut records, mut seen) = (Vec::new(), 0);
        let prefix = self.prefix.as_bytes();
        let after = self.after.as_ref().map(Key::as_bytes);
        let from = after.map_or(prefix, |after| after.max(prefix));
        engine.walk(Space::Data, from, &mut |key, bytes| {
            if records.len() >= self.limit || !key.starts_with(prefix) {
                return Ok(ControlFlow::Break(()));
            }
            seen += 1;
            if seen > most {
                return Ok(ControlFlow::Break(()));
            }
            if after.is_none_or(|after| key > after) {
                let key = Key::from_bytes(key.to_vec());
                let raw = envelope::decode(&key, bytes)?;
                if !expiry::is_over(raw.expires, self.now) {
                    records.push((key, raw));
                }
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok((seen <= most).then_some(records))
    }
}

/// What an export hands over.
enum Shown {
    Mark(StoreMark),
    Record(Key, Vec<u8>),
}

fn send_all(engine: &dyn Engine, sender: &mpsc::Sender<Shown>) -> Result<(), StorageError> {
    let mut mark = Some(StoreMark::default());
    let send = |shown| match sender.blocking_send(shown) {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    };
    engine.walk_all(&mut |space, key, bytes| {
        let key = Key::from_bytes(key.to_vec());
        match (space, &mut mark) {
            (Space::Meta, Some(mark)) => return upgrade::read_mark(mark, &key, bytes),
            (Space::Data, _) => envelope::decode(&key, bytes)?,
            _ => return Ok(ControlFlow::Break(())),
        };
        let begun = mark.take().map_or(ControlFlow::Continue(()), |mark| send(Shown::Mark(mark)));
        Ok(if begun.is_break() { begun } else { send(Shown::Record(key, bytes.to_vec())) })
    })?;
    if let Some(mark) = mark {
        // Nobody listens any more: nothing is left to tell.
        let _ = send(Shown::Mark(mark));
    }
    Ok(())
}

/// Ends, and so ends the walk too, when the sink fails.
async fn hand_over(mut shown: mpsc::Receiver<Shown>, sink: &mut dyn ExportSink) -> Result<u64, StorageError> {
    let mut count = 0;
    while let Some(next) = shown.recv().await {
        match next {
            Shown::Mark(mark) => sink.begin(mark)?,
            Shown::Record(key, bytes) => {
                sink.record(&key, &bytes)?;
                count += 1;
            }
        }
    }
    Ok(count)
}
