//! Threads that hash passwords: a fixed number, each with one memory buffer that it uses again and again.
//!
//! An unbounded number of hashes at 19 MiB each would exhaust the memory, so there is a bounded queue, and who waits in it
//! for more than about a second is told to come back (R-PW-04; facts and figures in `docs/decisions`).

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::Prepared;
use crate::foundation::huge_pages;

/// What a hash costs (Argon2id, RFC 9106).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for Cost {
    /// 19 MiB, two passes, one lane (R-PW-03): about 14 ms of one core.
    fn default() -> Self {
        Self { memory: 19 * 1024, passes: 2, lanes: 1 }
    }
}

/// How the workers are furnished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerSettings {
    /// Threads; each may hold the memory of one hash.
    pub threads: usize,
    /// Hashes that may wait.
    pub queue: usize,
    /// How long a caller waits before being told to come back.
    pub patience: Duration,
    /// How long a thread keeps its memory without work.
    pub idle: Duration,
}

impl Default for WorkerSettings {
    /// One thread a core, 256 waiting, one second of patience, memory freed after a minute.
    fn default() -> Self {
        Self {
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            queue: 256,
            patience: Duration::from_secs(1),
            idle: Duration::from_secs(60),
        }
    }
}

/// Too much to do: the password was not looked at. Answered with 503 and `Retry-After`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the password workers have too much to do; try again in a moment")]
pub struct Busy;

/// One hash to make.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// What it costs.
    pub cost: Cost,
    /// The person's random salt.
    pub salt: [u8; 16],
    /// The secret that stands apart from the hashes.
    pub pepper: Arc<Zeroizing<[u8; 32]>>,
}

/// The result: 32 bytes.
pub type Digest = Zeroizing<[u8; 32]>;

struct Job {
    secret: Prepared,
    recipe: Recipe,
    answer: oneshot::Sender<Result<Digest, Busy>>,
}

#[derive(Debug, Default)]
struct Figures {
    hashes: AtomicU64,
    shed: AtomicU64,
    buffers: AtomicUsize,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    ended: bool,
    /// The threads without work. Who worked last is woken first: its memory is in the processor's caches, and the others'
    /// can be freed. Those without memory stand at the front, to be woken last.
    idle: Vec<usize>,
}

struct Shared {
    queue: Mutex<Queue>,
    /// One for each thread.
    wakes: Vec<Condvar>,
    figures: Figures,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The workers. Dropping the last handle ends the threads.
pub struct PasswordWorkers {
    shared: Arc<Shared>,
    settings: WorkerSettings,
}

impl std::fmt::Debug for PasswordWorkers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordWorkers").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl PasswordWorkers {
    /// Starts the threads. Fails if the system refuses one.
    pub fn start(settings: WorkerSettings) -> std::io::Result<Self> {
        let threads = settings.threads.max(1);
        let wakes = (0..threads).map(|_| Condvar::new()).collect();
        let shared = Arc::new(Shared { queue: Mutex::default(), wakes, figures: Figures::default() });
        let workers = Self { shared, settings };
        for number in 0..threads {
            let shared = Arc::clone(&workers.shared);
            std::thread::Builder::new()
                .name(format!("password-{number}"))
                .spawn(move || work(&shared, number, settings.idle))?;
        }
        Ok(workers)
    }

    /// Hashes `secret` by `recipe`, or gives up after the patience.
    pub async fn hash(&self, secret: Prepared, recipe: Recipe) -> Result<Digest, Busy> {
        let (answer, result) = oneshot::channel();
        let job = Job { secret, recipe, answer };
        let outcome = if self.enqueue(job) {
            tokio::time::timeout(self.settings.patience, result).await.ok()
        } else {
            None
        };
        match outcome {
            Some(Ok(done)) => done,
            _ => {
                self.shared.figures.shed.fetch_add(1, Ordering::Relaxed);
                Err(Busy)
            }
        }
    }

    /// Hashes made since the start.
    pub fn hashes(&self) -> u64 {
        self.shared.figures.hashes.load(Ordering::SeqCst)
    }

    /// Callers told to come back since the start.
    pub fn shed(&self) -> u64 {
        self.shared.figures.shed.load(Ordering::SeqCst)
    }

    /// Hashes waiting now.
    pub fn waiting(&self) -> usize {
        self.shared.queue().jobs.len()
    }

    /// Threads without work now.
    pub fn idle(&self) -> usize {
        self.shared.queue().idle.len()
    }

    /// Memory buffers held now.
    pub fn buffers(&self) -> usize {
        self.shared.figures.buffers.load(Ordering::SeqCst)
    }

    fn enqueue(&self, job: Job) -> bool {
        let mut queue = self.shared.queue();
        if queue.jobs.len() >= self.settings.queue {
            // Those who gave up waiting must not keep others out.
            queue.jobs.retain(|waiting| !waiting.answer.is_closed());
        }
        let room = queue.jobs.len() < self.settings.queue;
        if room {
            queue.jobs.push_back(job);
            if let Some(wake) = queue.idle.pop().and_then(|worker| self.shared.wakes.get(worker)) {
                wake.notify_one();
            }
        }
        room
    }
}

impl Drop for PasswordWorkers {
    fn drop(&mut self) {
        self.shared.queue().ended = true;
        self.shared.wakes.iter().for_each(Condvar::notify_one);
    }
}

fn work(shared: &Shared, number: usize, idle: Duration) {
    let mut memory: Vec<Block> = Vec::new();
    let Some(wake) = shared.wakes.get(number) else { return };
    while let Some(next) = next_job(shared, (number, wake), (!memory.is_empty()).then_some(idle)) {
        let Some(job) = next else {
            memory = Vec::new();
            shared.figures.buffers.fetch_sub(1, Ordering::SeqCst);
            continue;
        };
        if job.answer.is_closed() {
            continue;
        }
        let held = !memory.is_empty();
        if !held {
            huge_pages::allow(true);
        }
        let result = hash(&job.secret, &job.recipe, &mut memory);
        if !held && !memory.is_empty() {
            shared.figures.buffers.fetch_add(1, Ordering::SeqCst);
        }
        shared.figures.hashes.fetch_add(1, Ordering::SeqCst);
        // The caller may have given up meanwhile; then nobody wants the result.
        let _unwanted = job.answer.send(result);
    }
}

/// The next job; `Some(None)` where there was none for as long as `patience`, after which held memory should be freed; `None`
/// at the end.
fn next_job(
    shared: &Shared,
    (number, wake): (usize, &Condvar),
    patience: Option<Duration>,
) -> Option<Option<Job>> {
    let mut queue = shared.queue();
    let mut patient = true;
    loop {
        if let Some(job) = queue.jobs.pop_front() {
            return Some(Some(job));
        }
        if queue.ended {
            return None;
        }
        if !patient {
            return Some(None);
        }
        let place = if patience.is_some() { queue.idle.len() } else { 0 };
        queue.idle.insert(place, number);
        let (guard, waited) = wake
            .wait_timeout(queue, patience.unwrap_or(Duration::MAX))
            .unwrap_or_else(PoisonError::into_inner);
        queue = guard;
        patient = !waited.timed_out();
        // Woken by a job it has been taken from there already; by time, or by nothing, it has not.
        queue.idle.retain(|idle| *idle != number);
    }
}

fn hash(secret: &Prepared, recipe: &Recipe, memory: &mut Vec<Block>) -> Result<Digest, Busy> {
    let cost = recipe.cost;
    let mut output = Zeroizing::new([0u8; 32]);
    let made = Params::new(cost.memory, cost.passes, cost.lanes, Some(output.len())).and_then(|params| {
        if memory.len() < params.block_count() {
            memory.resize(params.block_count(), Block::default());
        }
        let argon =
            Argon2::new_with_secret(recipe.pepper.as_slice(), Algorithm::Argon2id, Version::V0x13, params)?;
        argon.hash_password_into_with_memory(
            secret.expose().as_bytes(),
            &recipe.salt,
            output.as_mut(),
            memory,
        )
    });
    // Stored parameters that Argon2 refuses can only come from damage: deny.
    made.map(|()| output).map_err(|_| Busy)
}
