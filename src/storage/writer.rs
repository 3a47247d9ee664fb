//! The one thread that writes: it takes what waits, judges it, applies durably once, then answers all (group commit).
//!
//! A refusal is answered after the apply too, since it may rest on a write of the same round. After an error of the engine
//! nothing more is acknowledged (R-ST-01, R-ST-02).

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use super::engine::{Engine, Space};
use super::round::Round;
use super::{Batch, Key, Outcome, Revision, StorageError, expiry, limits};
use crate::foundation::{Clock, Timestamp};
use crate::telemetry::metrics;

/// Most requests in a round, and most that may wait.
const ROUND: usize = 512;
/// How long a round may wait for company: in steps, each twice as long as the one before, because looking costs as well. It
/// waits no further after so many steps in which nobody came.
const GATHERING_STEPS: u32 = 4;
const FIRST_STEP: Duration = Duration::from_micros(250);
const QUIET_STEPS: usize = 2;
/// A round takes no further request once it holds this many bytes.
const ROUND_BYTES: usize = 16 * 1024 * 1024;

/// Where an answer goes. Its receiver may be gone: then nobody listens, and the round goes on.
type Answer<T> = oneshot::Sender<Result<T, StorageError>>;

/// What the writer can be asked.
#[derive(Debug)]
pub(super) enum Request {
    Commit(Batch, Answer<Outcome>),
    Sweep { now: Timestamp, limit: usize, answer: Answer<usize> },
}

/// Why the engine failed, once it has.
pub(super) type Failure = Arc<watch::Sender<Option<String>>>;

/// The writer's own state.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) engine: Arc<dyn Engine>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) failure: Failure,
    pub(super) revision: Revision,
}

type Due = Vec<(Timestamp, Key)>;

enum Verdict {
    Commit(Result<Outcome, StorageError>),
    Swept(usize),
}

/// Starts the writer; it ends when every sender is gone.
pub(super) fn start(writer: Writer) -> Result<(mpsc::Sender<Request>, JoinHandle<()>), StorageError> {
    let (sender, receiver) = mpsc::channel(ROUND);
    let thread =
        std::thread::Builder::new().name("storage-writer".into()).spawn(move || writer.run(receiver));
    let thread =
        thread.map_err(|error| StorageError::Failed(format!("no thread for the writer: {error}")))?;
    Ok((sender, thread))
}

/// Remembers the first failure; everybody who watches is told.
pub(super) fn note_failure(failure: &Failure, reason: &str) {
    failure.send_if_modified(|known| {
        let first = known.is_none();
        known.get_or_insert_with(|| reason.to_owned());
        first
    });
}

impl Writer {
    fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        let mut watchdog = Watchdog { failure: self.failure.clone(), clean: false };
        let mut last = 1;
        while let Some(first) = requests.blocking_recv() {
            gather(last, &requests);
            let round = take(first, &mut requests);
            last = round.len();
            self.round(round);
        }
        watchdog.clean = true;
    }

    fn round(&mut self, requests: Vec<Request>) {
        let known = self.failure.borrow().clone();
        if let Some(reason) = known {
            return requests.into_iter().for_each(|request| request.fail(&reason));
        }
        match self.settle(&requests) {
            Ok(verdicts) => {
                metrics::round();
                requests.into_iter().zip(verdicts).for_each(|(request, verdict)| request.answer(verdict))
            }
            Err(error) => {
                let reason = error.to_string();
                note_failure(&self.failure, &reason);
                requests.into_iter().for_each(|request| request.fail(&reason));
            }
        }
    }

    /// Any error here is the engine's: it ends all acknowledging.
    fn settle(&mut self, requests: &[Request]) -> Result<Vec<Verdict>, StorageError> {
        let now = self.clock.now();
        let due: Vec<Due> =
            requests.iter().map(|request| self.due(request, now)).collect::<Result<_, _>>()?;
        let swept = due.iter().flatten().map(|(_, key)| key.clone());
        let keys: BTreeSet<Key> = requests.iter().flat_map(Request::keys).cloned().chain(swept).collect();
        let mut round = Round::load(&*self.engine, keys, self.revision, now)?;
        let judged = requests.iter().zip(&due).map(|(request, due)| match request {
            Request::Commit(batch, _) => Verdict::Commit(round.judge(batch)),
            Request::Sweep { now: before, .. } => Verdict::Swept(round.sweep(due, now.min(*before))),
        });
        let verdicts = judged.collect();
        let (rows, revision) = round.finish();
        if !rows.is_empty() {
            self.engine.apply(&rows)?;
        }
        self.revision = revision;
        Ok(verdicts)
    }

    /// What a sweep has to look at: nothing that this store's own clock calls alive, whatever the caller's says.
    fn due(&self, request: &Request, now: Timestamp) -> Result<Due, StorageError> {
        let mut due = Due::new();
        let Request::Sweep { now: before, limit, .. } = request else {
            return Ok(due);
        };
        self.engine.walk(Space::Expiry, &[], &mut |row, _| {
            let Some((end, key)) = expiry::parse(row) else {
                return Ok(ControlFlow::Continue(()));
            };
            if due.len() >= *limit || !expiry::is_over(Some(end), now.min(*before)) {
                return Ok(ControlFlow::Break(()));
            }
            due.push((end, key));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(due)
    }
}

/// Waits a little for company while many commit at once: a round costs nearly the same for one batch as for a dozen. It begins
/// when as many wait as the `last` one answered, or nobody comes any more; and whoever commits alone does not wait, but for the first after others.
fn gather(last: usize, requests: &mpsc::Receiver<Request>) {
    let (mut waiting, mut quiet) = (requests.len(), 0);
    for step in 0..GATHERING_STEPS {
        if waiting + 1 >= last || quiet == QUIET_STEPS {
            return;
        }
        std::thread::sleep(FIRST_STEP * 2u32.pow(step));
        quiet = if requests.len() == waiting { quiet + 1 } else { 0 };
        waiting = requests.len();
    }
}

fn take(first: Request, requests: &mut mpsc::Receiver<Request>) -> Vec<Request> {
    let mut bytes = first.bytes();
    let mut round = vec![first];
    while round.len() < ROUND && bytes < ROUND_BYTES {
        let Ok(next) = requests.try_recv() else { break };
        bytes += next.bytes();
        round.push(next);
    }
    round
}

impl Request {
    fn keys(&self) -> impl Iterator<Item = &Key> {
        let batch = match self {
            Self::Commit(batch, _) => Some(batch),
            Self::Sweep { .. } => None,
        };
        batch.into_iter().flat_map(|batch| {
            let conditions = batch.preconditions.iter().map(super::Precondition::key);
            conditions.chain(batch.writes.iter().map(super::Write::key))
        })
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Commit(batch, _) => limits::bytes(batch),
            Self::Sweep { .. } => 0,
        }
    }

    // A failed send only means that the caller has gone away.
    fn answer(self, verdict: Verdict) {
        match (self, verdict) {
            (Self::Commit(_, answer), Verdict::Commit(outcome)) => drop(answer.send(outcome)),
            (Self::Sweep { answer, .. }, Verdict::Swept(removed)) => drop(answer.send(Ok(removed))),
            (request, _) => request.fail("the writer mixed up its answers"),
        }
    }

    fn fail(self, reason: &str) {
        let error = StorageError::Failed(reason.to_owned());
        match self {
            Self::Commit(_, answer) => drop(answer.send(Err(error))),
            Self::Sweep { answer, .. } => drop(answer.send(Err(error))),
        }
    }
}

/// Notes a failure when the writer ends by a panic, so that nobody waits for a dead thread in silence.
struct Watchdog {
    failure: Failure,
    clean: bool,
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        if !self.clean {
            note_failure(&self.failure, "the writer stopped by a fault of its own");
        }
    }
}
