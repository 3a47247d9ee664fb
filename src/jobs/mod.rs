//! Durable work: what must happen after a commit, however often the process is killed meanwhile.
//!
//! A job is a record, queued in the very commit that causes it ([`Queue::put`]). It stands in the order in which jobs are
//! due. Whoever carries one out first claims it by moving its due time past a lease, so a claim that dies with its process
//! is due again by itself. Only what was carried out, is no longer needed, or is given up is removed; who gives up tells of it.
//!
//! **At least once.** Between the end of the work and the commit that removes its job lies a window in which a kill makes
//! the work happen again, after the lease. Nothing else repeats it, and nothing loses it.
//!
//! Idle costs nothing: the runner sleeps until a commit queues a job ([`Arrivals`]) or the next one is due.
//!
//! Must not: know what a job is about (handlers are registered by kind, R-ST-07 bounds are the callers' matter), or keep a
//! job's data unsealed.
//! Follows: security requirements R-OB-06, R-RL-07, R-KS-03; reliability RG-08.

pub mod arrivals;
pub mod runner;
pub mod schedule;
mod store;

use std::sync::Arc;

use async_trait::async_trait;
use serde::Serialize;
use zeroize::Zeroizing;

pub use arrivals::Arrivals;
pub use runner::Runner;

use crate::foundation::ids::JobId;
use crate::foundation::{Clock, Random, Timestamp};
use crate::sealing::Sealing;
use crate::storage::Batch;

/// One piece of work, claimed.
#[derive(Debug)]
pub struct Job {
    /// Its id, the same at every try.
    pub id: JobId,
    /// What it is about, as it was queued.
    pub data: Zeroizing<Vec<u8>>,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// From when on it is worth nothing.
    pub until: Timestamp,
}

/// What became of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is done.
    Done,
    /// Its purpose has ended, for this reason: nothing was done, and nobody misses it.
    NotNeeded(&'static str),
    /// Not now, for this reason: to be tried again.
    Later(String),
    /// It can never be done, for this reason.
    Never(String),
}

/// Carries out the jobs of one kind.
#[async_trait]
pub trait Handler: Send + Sync + std::fmt::Debug + 'static {
    /// Tries once, within well less than [`schedule::LEASE`].
    async fn carry_out(&self, job: &Job) -> Verdict;

    /// Adds to `batch`, which removes the job for good, what tells of its failure.
    fn given_up(&self, job: &Job, batch: &mut Batch);

    /// How many may be begun in one hour; what is beyond waits for the next.
    fn per_hour(&self) -> u64;
}

/// Where work is left to be done.
#[derive(Debug, Clone)]
pub struct Queue {
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    sealing: Arc<Sealing>,
}

impl Queue {
    /// Built once, by the composition root.
    pub fn new(clock: Arc<dyn Clock>, random: Arc<dyn Random>, sealing: Arc<Sealing>) -> Self {
        Self { clock, random, sealing }
    }

    /// Adds to `batch` a job of `kind` with `data`, due at once and worth nothing from `until` on.
    pub fn put(&self, batch: &mut Batch, kind: &'static str, data: &impl Serialize, until: Timestamp) {
        let id = JobId::generate(self.random.as_ref());
        let sealed = serde_json::to_vec(data).map(Zeroizing::new).map_err(|error| error.to_string());
        let sealed = sealed.and_then(|data| {
            self.sealing.seal(store::sealed_as(&id), &data).map_err(|error| error.to_string())
        });
        match sealed {
            Ok(sealed) => {
                let now = self.clock.now();
                store::Waiting::new(kind, sealed, now, until).put(batch, &id, now);
            }
            Err(why) => drop(batch.spoil(format_args!("a job of kind {kind}: {why}"))),
        }
    }
}
