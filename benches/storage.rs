//! Durable commits a second of each engine at 1, 8 and 64 writers, against a bare append and sync in the same run; printed as
//! the tables of docs/performance.md. Then a backup and a full check of 100,000 records, and how long writing waits for them.
//!
//! Read the ratios: absolute numbers follow the disk and whatever else the machine does. Run: `cargo bench --bench storage`.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a bench measures real time and prints")]

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use keyward::config::storage::EngineName;
use keyward::foundation::Clock as _;
use keyward::foundation::clock::SystemClock;
use keyward::storage::backup::{file, key::Identity};
use keyward::storage::{self, Batch, Key, Record, SharedStore};
use tokio::sync::{mpsc, oneshot};

const SLICE: Duration = Duration::from_millis(400);
const SLICES: usize = 5;
const VALUE_BYTES: usize = 300;

#[derive(serde::Serialize, serde::Deserialize)]
struct Filler(String);

impl Record for Filler {}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let open = |engine: EngineName| {
            let place = folder.path().join(engine.to_string());
            storage::open(engine, &place, storage::redb::CACHE_BYTES, Arc::new(SystemClock))
        };
        let stores = [open(EngineName::Redb)?, open(EngineName::Sled)?];
        let log = start_log(std::fs::File::create(folder.path().join("log"))?);
        println!("| writers | append and sync | redb | ratio | sled | ratio |");
        println!("| --- | --- | --- | --- | --- | --- |");
        for writers in [1, 8, 64] {
            let (raw, [redb, sled]) = compare(writers, &log, &stores).await;
            let (of_redb, of_sled) = (redb / raw, sled / raw);
            println!("| {writers} | {raw:.0}/s | {redb:.0}/s | {of_redb:.2} | {sled:.0}/s | {of_sled:.2} |");
        }
        println!("\n| 100,000 records | backup, read back | slowest commit meanwhile | full check | commit meanwhile |");
        println!("| --- | --- | --- | --- | --- |");
        for engine in EngineName::ALL {
            whole(engine, &folder.path().join(format!("whole-{engine}"))).await?;
        }
        Ok(())
    })
}

/// The slices alternate, so that a disturbance meets all; the median of each counts.
async fn compare(writers: u64, log: &mpsc::Sender<Append>, stores: &[SharedStore; 2]) -> (f64, [f64; 2]) {
    let (mut raw, mut kept) = (Vec::new(), [Vec::new(), Vec::new()]);
    for _ in 0..SLICES {
        let log = log.clone();
        raw.push(rate(writers, move |_| append(log.clone())).await);
        for (store, rates) in stores.iter().zip(&mut kept) {
            let store = store.clone();
            rates.push(rate(writers, move |number| commit(store.clone(), number)).await);
        }
    }
    (median(raw), kept.map(median))
}

/// Times of what reads everything, while one writer goes on.
async fn whole(engine: EngineName, place: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let store = storage::open(engine, place, storage::redb::CACHE_BYTES, Arc::new(SystemClock))?;
    for portion in 0..200 {
        let mut batch = Batch::new();
        for number in portion * 500..(portion + 1) * 500 {
            batch.put(filler_key(number), &Filler("x".repeat(VALUE_BYTES)), None);
        }
        store.commit(batch).await?;
    }
    let (file, recipient) = (place.join("backup"), Identity::generate().recipient());
    let backup = file::write(&store, &file, &recipient, SystemClock.now(), Box::new(|digest| *digest));
    let (backup, beside_backup) = beside(&store, async { backup.await?.finish().await.map(drop) }).await?;
    let (check, beside_check) = beside(&store, async { store.check().await.map(drop) }).await?;
    println!("| {engine} | {backup:.0?} | {beside_backup:.0?} | {check:.0?} | {beside_check:.0?} |");
    Ok(())
}

/// How long `work` takes, and the slowest commit beside it.
async fn beside<E>(
    store: &SharedStore,
    work: impl Future<Output = Result<(), E>>,
) -> Result<(Duration, Duration), E> {
    let (stop, mut stopped) = oneshot::channel::<()>();
    let writer = store.clone();
    let writing = tokio::spawn(async move {
        let mut slowest = Duration::ZERO;
        while stopped.try_recv().is_err() {
            let begun = Instant::now();
            commit(writer.clone(), 0).await;
            slowest = slowest.max(begun.elapsed());
        }
        slowest
    });
    let begun = Instant::now();
    let done = work.await;
    let took = begun.elapsed();
    // The writer ends with its next commit.
    let _ = stop.send(());
    let slowest = writing.await.unwrap_or_default();
    done.map(|()| (took, slowest))
}

fn filler_key(number: u64) -> Key {
    Key::new("filler", &[&format!("{:030}", number.wrapping_mul(0x9E37_79B9_7F4A_7C15))])
}

async fn rate<F>(writers: u64, step: impl Fn(u64) -> F + Clone + Send + 'static) -> f64
where
    F: Future<Output = ()> + Send,
{
    let done = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..writers {
        let (step, done) = (step.clone(), done.clone());
        tasks.spawn(async move {
            while start.elapsed() < SLICE {
                step(done.fetch_add(1, Ordering::Relaxed)).await;
            }
        });
    }
    tasks.join_all().await;
    #[expect(clippy::cast_precision_loss, reason = "a few seconds' commits are far below 2^52")]
    let count = done.load(Ordering::Relaxed) as f64;
    count / start.elapsed().as_secs_f64()
}

async fn commit(store: SharedStore, number: u64) {
    let mut batch = Batch::new();
    batch.put(filler_key(number), &Filler("x".repeat(VALUE_BYTES)), None);
    assert!(store.commit(batch).await.is_ok_and(storage::Outcome::is_done), "a commit failed");
}

type Append = oneshot::Sender<()>;

async fn append(log: mpsc::Sender<Append>) {
    let (answer, answered) = oneshot::channel();
    assert!(log.send(answer).await.is_ok() && answered.await.is_ok(), "an append failed");
}

/// The floor: the same group commit, but one write and one sync a round.
fn start_log(mut file: std::fs::File) -> mpsc::Sender<Append> {
    let (sender, mut waiting) = mpsc::channel::<Append>(512);
    std::thread::spawn(move || {
        let mut round = Vec::new();
        while waiting.blocking_recv_many(&mut round, 512) > 0 {
            let written =
                file.write_all(&vec![b'x'; round.len() * VALUE_BYTES]).and_then(|()| file.sync_data());
            if written.is_err() {
                return;
            }
            round.drain(..).for_each(|answer: Append| {
                // A failed send only means that its writer has stopped.
                let _ = answer.send(());
            });
        }
    });
    sender
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
