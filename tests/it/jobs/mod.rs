//! Durable work: queued with its cause, claimed by a lease, tried again with longer and longer pauses, given up aloud, and
//! never lost or doubled outside the one window that no queue can close (RG-08).

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use keyward::audit::{Action, Actor, Origin, Outcome, Trail};
use keyward::foundation::clock::ManualClock;
use keyward::foundation::random::SeededRandom;
use keyward::foundation::{Clock, Random, Timestamp};
use keyward::jobs::schedule::LEASE;
use keyward::jobs::{Arrivals, Handler, Job, Queue, Runner, Verdict};
use keyward::sealing::Sealing;
use keyward::storage::{self, Batch, Key, SharedStore};

use crate::support::mailbox::eventually;
use crate::support::watched::Watched;

const START: Timestamp = Timestamp(1_800_000_000_000);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// Does as it is told, and remembers what it was asked.
#[derive(Debug)]
struct Worker {
    answers: Mutex<Vec<Verdict>>,
    done: Mutex<Vec<String>>,
    begun: AtomicUsize,
    given_up: AtomicUsize,
    per_hour: u64,
    never_returns: AtomicBool,
    trail: Trail,
}

#[async_trait]
impl Handler for Worker {
    async fn carry_out(&self, job: &Job) -> Verdict {
        self.begun.fetch_add(1, Ordering::SeqCst);
        if self.never_returns.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let verdict = self.answers.lock().unwrap().pop().unwrap_or(Verdict::Done);
        if verdict == Verdict::Done {
            self.done.lock().unwrap().push(serde_json::from_slice(&job.data).unwrap());
        }
        verdict
    }

    fn given_up(&self, _: &Job, batch: &mut Batch) {
        self.given_up.fetch_add(1, Ordering::SeqCst);
        let event = self.trail.event(Action::MailUndelivered, Outcome::Failure, &Origin::default());
        event.by(Actor::System).write(batch);
    }

    fn per_hour(&self) -> u64 {
        self.per_hour
    }
}

struct World {
    clock: Arc<ManualClock>,
    store: SharedStore,
    queue: Queue,
    worker: Arc<Worker>,
    runner: Runner,
    trail: Trail,
}

async fn world(answers: Vec<Verdict>) -> World {
    over(storage::memory::open(Arc::new(ManualClock::new(START))), answers, 1000).await
}

/// Over a store whose own clock stands still.
async fn over(store: SharedStore, mut answers: Vec<Verdict>, per_hour: u64) -> World {
    let clock = Arc::new(ManualClock::new(START));
    let (time, random): (Arc<dyn Clock>, Arc<dyn Random>) = (clock.clone(), Arc::new(SeededRandom::new(5)));
    let folder = tempfile::tempdir().unwrap();
    let sealing = Arc::new(Sealing::start(folder.path(), &*store, random.clone()).await.unwrap());
    let (store, arrivals) = Arrivals::at(store);
    let trail = Trail::new(time.clone(), random.clone());
    answers.reverse();
    let worker = Arc::new(Worker {
        answers: Mutex::new(answers),
        done: Mutex::default(),
        begun: AtomicUsize::new(0),
        given_up: AtomicUsize::new(0),
        per_hour,
        never_returns: AtomicBool::new(false),
        trail: trail.clone(),
    });
    let queue = Queue::new(time.clone(), random.clone(), sealing.clone());
    let mut runner = Runner::new(store.clone(), time, random, sealing, arrivals);
    runner.register("test", worker.clone());
    World { clock, store, queue, worker, runner, trail }
}

fn later() -> Verdict {
    Verdict::Later("the server is down".to_owned())
}

impl World {
    async fn put(&self, what: &str) {
        let mut batch = Batch::new();
        self.queue.put(&mut batch, "test", &what, self.clock.now().plus(DAY));
        assert!(self.store.commit(batch).await.unwrap().is_done());
    }

    fn done(&self) -> Vec<String> {
        let mut done = self.worker.done.lock().unwrap().clone();
        done.sort();
        done
    }

    async fn waiting(&self) -> usize {
        self.store.scan(&Key::prefix("job", &[]), None, 1000).await.unwrap().len()
    }
}

#[tokio::test]
async fn a_job_stands_or_falls_with_its_cause_and_is_done_once() {
    let world = world(Vec::new()).await;
    let mut refused = Batch::new();
    refused.require_present(Key::new("cause", &["absent"]));
    world.queue.put(&mut refused, "test", &"never", START.plus(DAY));
    assert!(!world.store.commit(refused).await.unwrap().is_done());
    world.put("once").await;
    assert_eq!(world.runner.run_due().await.unwrap(), None);
    assert_eq!(world.runner.run_due().await.unwrap(), None);
    assert_eq!((world.done(), world.waiting().await), (vec!["once".to_owned()], 0));
}

#[tokio::test]
async fn what_waits_is_sealed() {
    let world = world(Vec::new()).await;
    world.put("the secret link").await;
    let waiting = world.store.scan(&Key::prefix("job", &[]), None, 10).await.unwrap();
    let bytes = String::from_utf8(waiting[0].1.json.clone()).unwrap();
    assert!(!bytes.contains("secret link") && bytes.contains("test"), "{bytes}");
}

#[tokio::test]
async fn rg_08_what_fails_is_tried_again_with_longer_pauses_and_then_reported() {
    let world = world(vec![later(); 1000]).await;
    world.put("x").await;
    let (mut pauses, mut at) = (Vec::new(), START);
    while let Some(due) = world.runner.run_due().await.unwrap() {
        assert_eq!(world.runner.run_due().await.unwrap(), Some(due), "not before it is due");
        pauses.push(due.since(at).as_secs());
        world.clock.advance(due.since(at));
        at = due;
    }
    assert!((30..=36).contains(&pauses[0]) && pauses.iter().all(|pause| (30..=4320).contains(pause)));
    assert!(pauses.windows(2).take(6).all(|pair| pair[1] > pair[0]), "{pauses:?}");
    let tries = world.worker.begun.load(Ordering::SeqCst);
    assert!((20..=40).contains(&tries), "{tries} tries in a day");
    assert!(at.since(START) > DAY - 2 * HOUR && at.since(START) < DAY);
    assert_eq!((world.waiting().await, world.worker.given_up.load(Ordering::SeqCst)), (0, 1));
    let events = world.trail.read(&world.store, None, 10).await.unwrap();
    assert_eq!(events.len(), 1, "reported once");
    assert_eq!(events[0].1.action, Action::MailUndelivered);
}

#[tokio::test]
async fn rg_08_what_succeeds_at_last_is_done_once() {
    let world = world(vec![later(), later(), Verdict::Done]).await;
    world.put("x").await;
    while let Some(due) = world.runner.run_due().await.unwrap() {
        world.clock.advance(due.since(world.clock.now()));
    }
    assert_eq!((world.done(), world.worker.begun.load(Ordering::SeqCst)), (vec!["x".to_owned()], 3));
}

#[tokio::test]
async fn r_ob_06_what_is_over_or_not_needed_is_not_begun_again() {
    let world = world(vec![Verdict::NotNeeded("it was used")]).await;
    world.put("not needed").await;
    assert_eq!(world.runner.run_due().await.unwrap(), None);
    assert_eq!((world.waiting().await, world.worker.given_up.load(Ordering::SeqCst)), (0, 0));
    world.put("late").await;
    world.clock.advance(DAY);
    assert_eq!(world.runner.run_due().await.unwrap(), None);
    assert_eq!(world.worker.begun.load(Ordering::SeqCst), 1, "nothing is done late");
    assert_eq!((world.waiting().await, world.worker.given_up.load(Ordering::SeqCst)), (0, 1));
}

#[tokio::test]
async fn what_can_never_be_done_is_reported_at_once() {
    let world = world(vec![Verdict::Never("no such mailbox".to_owned())]).await;
    world.put("x").await;
    assert_eq!(world.runner.run_due().await.unwrap(), None);
    assert_eq!((world.waiting().await, world.worker.given_up.load(Ordering::SeqCst)), (0, 1));
}

#[tokio::test]
async fn a_claim_that_dies_with_its_process_is_due_again_after_the_lease() {
    let world = world(Vec::new()).await;
    world.put("x").await;
    world.worker.never_returns.store(true, Ordering::SeqCst);
    let killed = tokio::spawn({
        let runner = world.runner.clone();
        async move { runner.run_due().await }
    });
    eventually("it is begun", || world.worker.begun.load(Ordering::SeqCst) == 1).await;
    killed.abort();
    assert!(killed.await.is_err());
    world.worker.never_returns.store(false, Ordering::SeqCst);
    let due = world.runner.run_due().await.unwrap();
    assert_eq!((due, world.done().len()), (Some(START.plus(LEASE)), 0), "it is not lost, and not doubled");
    world.clock.advance(LEASE);
    assert_eq!(world.runner.run_due().await.unwrap(), None);
    assert_eq!((world.done(), world.waiting().await), (vec!["x".to_owned()], 0));
}

#[tokio::test]
async fn rg_08_killed_at_each_step_a_job_is_done_once_or_twice_in_the_one_window() {
    const CLAIM: u64 = 1;
    const REMOVAL: u64 = 2;
    for (step, written, times) in
        [(CLAIM, false, 1), (CLAIM, true, 1), (REMOVAL, false, 2), (REMOVAL, true, 1)]
    {
        let store = Arc::new(Watched::new(storage::memory::open(Arc::new(ManualClock::new(START)))));
        let world = over(store.clone(), Vec::new(), 1000).await;
        world.put("x").await;
        store.stop_at_commit(step, written);
        let runner = world.runner.clone();
        let killed = tokio::spawn(async move { runner.run_due().await });
        let before = store.commits();
        eventually("the step", || store.commits() == before + step).await;
        tokio::task::yield_now().await;
        killed.abort();
        assert!(killed.await.is_err());
        while let Some(due) = world.runner.run_due().await.unwrap() {
            world.clock.advance(due.since(world.clock.now()));
        }
        assert_eq!((world.done().len(), world.waiting().await), (times, 0), "step {step}, written {written}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_runners_each_job_is_carried_out_by_one() {
    let world = world(Vec::new()).await;
    for number in 0..32 {
        world.put(&format!("{number:02}")).await;
    }
    let runners: Vec<_> = (0..8).map(|_| world.runner.clone()).collect();
    let running: Vec<_> =
        runners.into_iter().map(|runner| tokio::spawn(async move { runner.run_due().await })).collect();
    for runner in running {
        runner.await.unwrap().unwrap();
    }
    world.runner.run_due().await.unwrap();
    assert_eq!(world.done(), (0..32).map(|number| format!("{number:02}")).collect::<Vec<_>>());
    assert_eq!(world.worker.begun.load(Ordering::SeqCst), 32);
}

#[tokio::test]
async fn r_rl_07_an_hour_takes_only_so_many_and_the_rest_waits() {
    let store = storage::memory::open(Arc::new(ManualClock::new(START)));
    let world = over(store, Vec::new(), 3).await;
    for number in 0..5 {
        world.put(&number.to_string()).await;
    }
    let due = world.runner.run_due().await.unwrap().unwrap();
    assert_eq!((world.done().len(), world.waiting().await), (3, 2));
    assert!(due.since(START) <= HOUR && due.0 % 3_600_000 == 0, "the next full hour");
    world.clock.advance(due.since(START));
    world.runner.run_due().await.unwrap();
    assert_eq!((world.done().len(), world.waiting().await), (5, 0), "late, not lost");
}

/// Anything, where a job should stand.
#[derive(serde::Serialize, serde::Deserialize)]
struct Strange(String);

impl storage::Record for Strange {}

#[tokio::test]
async fn what_cannot_be_read_is_set_aside_and_stops_nothing() {
    let world = world(Vec::new()).await;
    let mut batch = Batch::new();
    for place in [&["0000000000000001", "strange"][..], &["no time", "strange"], &["0000000000000002"]] {
        batch.put(Key::new("job", place), &Strange("no job".to_owned()), None);
    }
    world.store.commit(batch).await.unwrap();
    world.put("behind").await;
    world.clock.advance(HOUR);
    assert_eq!(world.runner.waiting().await.unwrap(), (4, HOUR));
    assert_eq!(world.runner.run_due().await.unwrap(), None);
    assert_eq!((world.done(), world.waiting().await), (vec!["behind".to_owned()], 0));
    assert_eq!(world.runner.waiting().await.unwrap(), (0, Duration::ZERO));
    let aside = storage::aside::all(&world.store, Some("job")).await.unwrap();
    let mut places: Vec<_> = aside.iter().map(|one| one.key.as_str()).collect();
    places.sort_unstable();
    assert_eq!(places, ["job/0000000000000001/strange", "job/0000000000000002", "job/no time/strange"]);
    assert!(aside.iter().all(|one| one.at == world.clock.now() && !one.record.is_empty()));
}

#[tokio::test]
async fn who_waits_for_work_asks_nothing_until_a_commit_brings_it() {
    let store = Arc::new(Watched::new(storage::memory::open(Arc::new(ManualClock::new(START)))));
    let world = over(store.clone(), Vec::new(), 1000).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(world.runner.clone().run(async move { drop(stopped.await) }));
    for name in ["first", "second"] {
        world.put(name).await;
        eventually(name, || world.done().contains(&name.to_owned())).await;
    }
    eventually("the last scan", || store.scans() > 0).await;
    let work = || (store.scans(), store.gets(), store.commits());
    // Real time on purpose: that nothing happens in it is what is tested.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let before = work();
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(work(), before, "idle costs nothing");
    stop.send(()).unwrap();
    running.await.unwrap();
}
