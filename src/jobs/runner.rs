//! Carries out what is due.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::schedule::{self, LEASE};
use super::store::{self, Placed};
use super::{Arrivals, Handler, Job, Verdict};
use crate::foundation::{Clock, Random, Timestamp};
use crate::sealing::Sealing;
use crate::storage::{Batch, Outcome, SharedStore, StorageError};

/// So many jobs are carried out at the same time.
const AT_ONCE: usize = 4;
/// So long nothing is tried after the store failed.
const AFTER_FAILURE: Duration = Duration::from_secs(60);

/// What the runner works with.
#[derive(Debug, Clone)]
pub struct Runner {
    store: SharedStore,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    sealing: Arc<Sealing>,
    arrivals: Arrivals,
    handlers: BTreeMap<&'static str, Arc<dyn Handler>>,
}

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// More may be due already.
    Now,
    /// Nothing before this moment.
    At(Timestamp),
    /// Nothing before something is queued.
    Nothing,
}

impl Runner {
    /// A runner without handlers yet. `store` is the one whose `arrivals` are told.
    pub fn new(
        store: SharedStore,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        sealing: Arc<Sealing>,
        arrivals: Arrivals,
    ) -> Self {
        Self { store, clock, random, sealing, arrivals, handlers: BTreeMap::new() }
    }

    /// Has the jobs of `kind` carried out by `handler`.
    pub fn register(&mut self, kind: &'static str, handler: Arc<dyn Handler>) {
        self.handlers.insert(kind, handler);
    }

    /// Carries out what is queued whenever it is due, until `stopped`. What is under way then is brought to its end.
    pub async fn run(self, stopped: impl Future<Output = ()>) {
        tokio::pin!(stopped);
        loop {
            let next = self.round().await.unwrap_or_else(|error| {
                tracing::error!(%error, "waiting work could not be read or changed");
                Next::At(self.clock.now().plus(AFTER_FAILURE))
            });
            tokio::select! {
                biased;
                () = &mut stopped => return,
                () = self.until(next) => {}
                () = self.arrivals.next() => {}
            }
        }
    }

    /// Carries out all that is due now, and answers when the next job is.
    pub async fn run_due(&self) -> Result<Option<Timestamp>, StorageError> {
        loop {
            match self.round().await? {
                Next::Now => {}
                Next::At(due) => return Ok(Some(due)),
                Next::Nothing => return Ok(None),
            }
        }
    }

    /// How many jobs wait, and for how long the oldest of them.
    pub async fn waiting(&self) -> Result<(usize, Duration), StorageError> {
        let (count, oldest) = store::waiting(&self.store).await?;
        Ok((count, oldest.map_or(Duration::ZERO, |oldest| self.clock.now().since(oldest))))
    }

    async fn until(&self, next: Next) {
        match next {
            Next::Now => {}
            Next::At(due) => tokio::time::sleep(due.since(self.clock.now())).await,
            Next::Nothing => std::future::pending().await,
        }
    }

    async fn round(&self) -> Result<Next, StorageError> {
        let now = self.clock.now();
        let first = store::first(&self.store, AT_ONCE, now).await?;
        let Some(next) = first.first().map(|placed| placed.due) else { return Ok(Next::Nothing) };
        if next > now {
            return Ok(Next::At(next));
        }
        let mut under_way = JoinSet::new();
        for placed in first.into_iter().filter(|placed| placed.due <= now) {
            let runner = self.clone();
            under_way.spawn(async move { runner.take(placed).await });
        }
        while let Some(ended) = under_way.join_next().await {
            match ended {
                Ok(done) => done?,
                // Its lease runs out, and it is tried again.
                Err(panic) => tracing::error!(%panic, "a job's handler failed"),
            }
        }
        Ok(Next::Now)
    }

    /// Claims a job and carries it out, unless somebody else was quicker or its hour is full.
    async fn take(&self, placed: Placed) -> Result<(), StorageError> {
        let Some(handler) = self.handlers.get(placed.waiting.kind.as_str()) else {
            tracing::error!(kind = placed.waiting.kind, "nobody carries out such jobs; one was dropped");
            return self.remove(&placed, Batch::new()).await;
        };
        let job = Job {
            data: match self.sealing.open(store::sealed_as(&placed.id), &placed.waiting.data) {
                Ok(data) => data,
                Err(error) => {
                    tracing::error!(%error, "a job was dropped");
                    return self.remove(&placed, Batch::new()).await;
                }
            },
            id: placed.id.clone(),
            queued_at: placed.waiting.queued_at,
            until: placed.waiting.until,
        };
        if self.clock.now() >= job.until {
            return self.give_up(&placed, handler.as_ref(), &job, "its time was over").await;
        }
        match self.claim(placed, handler.per_hour()).await? {
            Some(claimed) => self.settle(claimed, handler.as_ref(), &job).await,
            None => Ok(()),
        }
    }

    async fn claim(&self, mut placed: Placed, per_hour: u64) -> Result<Option<Placed>, StorageError> {
        const FULL: usize = 1;
        let now = self.clock.now();
        let (counter, end) = store::pace(&placed.waiting.kind, now);
        let mut batch = Batch::new();
        let postponed = placed.clone();
        placed.waiting.tries = placed.waiting.tries.saturating_add(1);
        let key = placed.moved(&mut batch, now.plus(LEASE));
        batch.require_counter_below(counter.clone(), per_hour).add(counter, 1, Some(end));
        match self.store.commit(batch).await? {
            Outcome::Done(revision) => Ok(Some(Placed { key, revision, ..placed })),
            Outcome::Refused(FULL) => {
                let mut batch = Batch::new();
                postponed.moved(&mut batch, end);
                self.store.commit(batch).await?;
                Ok(None)
            }
            Outcome::Refused(_) => Ok(None),
        }
    }

    async fn settle(&self, claimed: Placed, handler: &dyn Handler, job: &Job) -> Result<(), StorageError> {
        let (kind, id, tries) = (claimed.waiting.kind.as_str(), job.id.as_str(), claimed.waiting.tries);
        match handler.carry_out(job).await {
            Verdict::Done => {
                tracing::info!(kind, job = id, tries, "done");
                self.remove(&claimed, Batch::new()).await
            }
            Verdict::NotNeeded(why) => {
                tracing::info!(kind, job = id, why, "no longer needed, and dropped");
                self.remove(&claimed, Batch::new()).await
            }
            Verdict::Never(why) => self.give_up(&claimed, handler, job, &why).await,
            Verdict::Later(why) => {
                let due = self.clock.now().plus(schedule::pause(tries, self.random.as_ref()));
                if due >= job.until {
                    return self.give_up(&claimed, handler, job, &why).await;
                }
                tracing::warn!(kind, job = id, tries, why, "did not succeed, and is tried again");
                let mut batch = Batch::new();
                claimed.moved(&mut batch, due);
                self.store.commit(batch).await.map(|_| ())
            }
        }
    }

    async fn give_up(
        &self,
        placed: &Placed,
        handler: &dyn Handler,
        job: &Job,
        why: &str,
    ) -> Result<(), StorageError> {
        let (kind, tries) = (placed.waiting.kind.as_str(), placed.waiting.tries);
        tracing::error!(kind, job = job.id.as_str(), tries, why, "was given up");
        let mut batch = Batch::new();
        handler.given_up(job, &mut batch);
        self.remove(placed, batch).await
    }

    /// A refusal means that another process has it now.
    async fn remove(&self, placed: &Placed, mut with: Batch) -> Result<(), StorageError> {
        placed.removed(&mut with);
        self.store.commit(with).await.map(|_| ())
    }
}
