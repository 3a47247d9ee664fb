//! An engine that fails: nothing more is acknowledged, for good (R-ST-02), and a round is one apply (group commit).

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Waker};

use keyward::foundation::Timestamp;
use keyward::foundation::clock::ManualClock;
use keyward::storage::embedded::Embedded;
use keyward::storage::engine::{Engine, Row, Space, SpaceVisitor, Visitor};
use keyward::storage::memory::Memory;
use keyward::storage::{Batch, Outcome, StorageError, Store as _};

use super::{key, note};

/// A memory engine that waits at each apply for leave, counts them, and fails or panics on demand.
#[derive(Debug, Default)]
struct Gated {
    memory: Memory,
    gate: Mutex<Option<mpsc::Receiver<()>>>,
    entered: AtomicUsize,
    fails: AtomicBool,
    panics: AtomicBool,
    unreadable: AtomicBool,
}

impl Engine for Gated {
    fn get(&self, space: Space, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StorageError> {
        if self.unreadable.load(Ordering::SeqCst) {
            return Err(StorageError::Failed("the disk cannot be read".into()));
        }
        self.memory.get(space, keys)
    }

    fn walk(&self, space: Space, from: &[u8], visit: &mut Visitor<'_>) -> Result<(), StorageError> {
        self.memory.walk(space, from, visit)
    }

    fn walk_all(&self, visit: &mut SpaceVisitor<'_>) -> Result<(), StorageError> {
        self.memory.walk_all(visit)
    }

    fn apply(&self, rows: &[Row]) -> Result<(), StorageError> {
        self.entered.fetch_add(1, Ordering::SeqCst);
        if let Some(gate) = self.gate.lock().unwrap().as_ref() {
            gate.recv().unwrap();
        }
        assert!(!self.panics.load(Ordering::SeqCst), "a fault in the engine");
        if self.fails.load(Ordering::SeqCst) {
            return Err(StorageError::Failed("the disk said no".into()));
        }
        self.memory.apply(rows)
    }
}

type Commit<'a> = Pin<Box<dyn Future<Output = Result<Outcome, StorageError>> + Send + 'a>>;

/// Sends the batch to the writer without waiting for its answer.
fn begin(store: &Embedded, batch: Batch) -> Commit<'_> {
    let mut commit = store.commit(batch);
    assert!(commit.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    commit
}

fn put(name: &str) -> Batch {
    Batch::new().require_absent(key(name)).put(key(name), &note("x"), None).clone()
}

fn start() -> (Arc<Gated>, Embedded) {
    let engine = Arc::new(Gated::default());
    let store = Embedded::start(engine.clone(), Arc::new(ManualClock::new(super::START))).unwrap();
    (engine, store)
}

/// The writer is held in its first apply while `waiting` are sent: they make the second round.
fn two_rounds<'a>(
    engine: &Gated,
    store: &'a Embedded,
    waiting: &[Batch],
) -> (mpsc::Sender<()>, Vec<Commit<'a>>) {
    let (leave, gate) = mpsc::channel();
    *engine.gate.lock().unwrap() = Some(gate);
    let before = engine.entered.load(Ordering::SeqCst);
    let mut commits = vec![begin(store, put("first"))];
    while engine.entered.load(Ordering::SeqCst) == before {
        std::thread::yield_now();
    }
    commits.extend(waiting.iter().map(|batch| begin(store, batch.clone())));
    (leave, commits)
}

#[tokio::test]
async fn writes_what_waits_with_one_apply() {
    let (engine, store) = start();
    let before = engine.entered.load(Ordering::SeqCst);
    let waiting: Vec<Batch> = (0..100).map(|number| put(&(number % 50).to_string())).collect();
    let (leave, commits) = two_rounds(&engine, &store, &waiting);
    (0..2).for_each(|_| leave.send(()).unwrap());
    let mut refused = 0;
    for commit in commits {
        refused += u32::from(!commit.await.unwrap().is_done());
    }
    assert_eq!(refused, 50, "the second of each pair meets the first in its own round");
    assert_eq!(engine.entered.load(Ordering::SeqCst) - before, 2);
}

/// The refusal of the second batch rests on the first, which was never durable: it must not be told as a refusal.
#[tokio::test]
async fn acknowledges_nothing_after_a_failed_apply() {
    let (engine, store) = start();
    let mut failure = store.failure();
    let (leave, commits) = two_rounds(&engine, &store, &[put("a"), put("a")]);
    leave.send(()).unwrap();
    let mut commits = commits.into_iter();
    assert!(commits.next().unwrap().await.unwrap().is_done());
    engine.fails.store(true, Ordering::SeqCst);
    leave.send(()).unwrap();
    for commit in commits {
        assert!(matches!(commit.await, Err(StorageError::Failed(_))));
    }
    failure.wait_for(Option::is_some).await.unwrap();
    assert!(failure.borrow().as_deref().is_some_and(|reason| reason.contains("the disk said no")));

    engine.fails.store(false, Ordering::SeqCst);
    let tried = engine.entered.load(Ordering::SeqCst);
    assert!(matches!(store.commit(put("b")).await, Err(StorageError::Failed(_))), "it never tries again");
    assert!(store.sweep(super::START, 1).await.is_err());
    assert_eq!(engine.entered.load(Ordering::SeqCst), tried);
    assert_eq!(store.get(&[key("a")]).await.unwrap(), [None]);
}

/// A sweep that meets the renewal in its own round spares it, on either side of it.
#[tokio::test]
async fn spares_what_is_renewed_in_the_round_of_the_sweep() {
    for renewed_first in [true, false] {
        let (engine, store) = start();
        let put = |text: &str, end: i64| {
            Batch::new().put(key("session"), &note(text), Some(Timestamp(super::START.0 + end))).clone()
        };
        store.commit(put("old", 0)).await.unwrap();
        let (leave, mut commits) = two_rounds(&engine, &store, &[]);
        if renewed_first {
            commits.push(begin(&store, put("new", 60_000)));
        }
        let mut sweep = store.sweep(super::START, 10);
        assert!(sweep.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        if !renewed_first {
            commits.push(begin(&store, put("new", 60_000)));
        }
        (0..2).for_each(|_| leave.send(()).unwrap());
        for commit in commits {
            assert!(commit.await.unwrap().is_done());
        }
        assert_eq!(sweep.await.unwrap(), 1, "it was looked at");
        assert!(store.get(&[key("session")]).await.unwrap()[0].is_some());
        assert_eq!(store.check().await.unwrap().problems, Vec::<String>::new());
    }
}

#[tokio::test]
async fn acknowledges_nothing_after_a_failed_read() {
    let (engine, store) = start();
    engine.unreadable.store(true, Ordering::SeqCst);
    assert!(store.get(&[key("a")]).await.is_err());
    engine.unreadable.store(false, Ordering::SeqCst);
    assert!(store.failure().borrow().is_some());
    assert!(matches!(store.commit(put("a")).await, Err(StorageError::Failed(_))));
}

#[tokio::test]
async fn tells_when_the_writer_panics() {
    let (engine, store) = start();
    engine.panics.store(true, Ordering::SeqCst);
    let mut failure = store.failure();
    assert!(matches!(store.commit(put("a")).await, Err(StorageError::Failed(_))));
    failure.wait_for(Option::is_some).await.unwrap();
    assert!(matches!(store.commit(put("a")).await, Err(StorageError::Failed(_))));
}

#[tokio::test]
async fn a_clean_stop_is_no_failure() {
    let (_engine, store) = start();
    let failure = store.failure();
    drop(store);
    assert_eq!(*failure.borrow(), None);
}
