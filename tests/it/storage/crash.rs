//! Kill at any moment (RG-01), on each engine: a child writes, the parent kills it and keeps the ledger of what was
//! acknowledged.
//!
//! Each child opens the folder as the kill left it, checks it against the ledger, and goes on. Rounds of each engine:
//! `KEYWARD_CRASH_ROUNDS` (20 if unset); seed of the kill moments: `KEYWARD_CRASH_SEED` (drawn and printed if unset).

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use keyward::config::storage::EngineName;
use keyward::foundation::clock::ManualClock;
use keyward::foundation::random::{self, Random, SeededRandom, SystemRandom};
use keyward::storage;

use super::power_cut;
use super::workload::{self, Ledger, WRITERS};

const FOLDER: &str = "KEYWARD_CRASH_FOLDER";
const ENGINE: &str = "KEYWARD_CRASH_ENGINE";
const LEDGER: &str = "KEYWARD_CRASH_LEDGER";
const VERIFY_ONLY: &str = "KEYWARD_CRASH_VERIFY_ONLY";

#[test]
fn redb_loses_nothing_acknowledged_and_nothing_spent_comes_back() {
    rounds(EngineName::Redb);
}

#[test]
fn sled_loses_nothing_acknowledged_and_nothing_spent_comes_back() {
    rounds(EngineName::Sled);
}

fn rounds(engine: EngineName) {
    let rounds = number("KEYWARD_CRASH_ROUNDS").unwrap_or(20);
    let seed =
        number("KEYWARD_CRASH_SEED").unwrap_or_else(|| u64::from_be_bytes(random::bytes(&SystemRandom)));
    println!("crash rounds of {engine}: {rounds}, seed: {seed}");
    let moments = SeededRandom::new(seed);
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::default();
    for round in 0..rounds {
        let mut child = spawn(&engine.to_string(), folder.path(), &ledger, false);
        let reader = read(&mut child);
        // Real time on purpose: the moment of the kill is what is tested.
        std::thread::sleep(moment(&moments, round));
        child.kill().unwrap();
        let status = child.wait().unwrap();
        let lines = reader.join().unwrap();
        assert!(
            !lines.iter().any(|line| line.contains("FAULT")) && !status.success(),
            "seed {seed}: {lines:#?}"
        );
        assert_eq!(status.code(), None, "seed {seed}, round {round}: the child ended by itself: {lines:#?}");
        lines.iter().for_each(|line| ledger.note(line));
        ledger.kills += 1;
    }
    let mut last = spawn(&engine.to_string(), folder.path(), &ledger, true);
    let lines = read(&mut last).join().unwrap();
    assert!(last.wait().unwrap().success(), "seed {seed}: {lines:#?}");
    println!("acknowledged: {:?}", ledger.acknowledged);
    let total: u64 = ledger.acknowledged.iter().sum();
    assert!(rounds < 5 || total > 0, "seed {seed}: no child ever got to work");
}

/// The writing half: does nothing unless the test above started it.
#[test]
fn child() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let ledger = Ledger::parse(&std::env::var(LEDGER).unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let worked = runtime.block_on(work(Path::new(&folder), ledger));
    if let Err(fault) = worked {
        println!("FAULT {fault}");
        std::process::exit(3);
    }
}

async fn work(folder: &Path, ledger: Ledger) -> Result<(), String> {
    let clock = Arc::new(ManualClock::new(super::START));
    let engine = std::env::var(ENGINE).unwrap();
    let store = match engine.parse() {
        Ok(engine) => storage::open(engine, folder, 4 << 20, clock).map_err(|error| error.to_string())?,
        Err(_) => power_cut::open_control(folder, clock)?,
    };
    workload::verify(&store, &ledger).await?;
    if std::env::var(VERIFY_ONLY).is_ok() {
        return Ok(());
    }
    workload::lay_ballast(&store).await?;
    say("ballast");
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let store = store.clone();
        writers.spawn(async move { workload::write_for_ever(&store, writer, say).await });
    }
    writers.join_next().await.ok_or("no writer")?.map_err(|error| error.to_string())?
}

/// One system call a line, so that a kill never leaves half an acknowledgement that reads as a whole one.
fn say(line: &str) {
    std::io::stdout().lock().write_all(format!("\n{line} .\n").as_bytes()).unwrap();
}

/// A child on `engine`, which may also be the control of [`power_cut`].
pub(super) fn spawn(engine: &str, folder: &Path, ledger: &Ledger, verify_only: bool) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "storage::crash::child", "--nocapture", "--test-threads=1"]);
    command.env(FOLDER, folder).env(ENGINE, engine).env(LEDGER, ledger.to_text());
    command.stdout(Stdio::piped()).stderr(Stdio::inherit());
    if verify_only {
        command.env(VERIFY_ONLY, "1");
    }
    command.spawn().unwrap()
}

/// Reads what the child acknowledges until it ends.
pub(super) fn read(child: &mut Child) -> std::thread::JoinHandle<Vec<String>> {
    let output = BufReader::new(child.stdout.take().unwrap());
    std::thread::spawn(move || output.lines().map_while(Result::ok).collect())
}

/// Half of the kills come in the first 100 ms, so also while the store is opened.
fn moment(moments: &dyn Random, round: u64) -> Duration {
    let draw = u64::from(u16::from_be_bytes(random::bytes(moments)));
    Duration::from_millis(if round % 2 == 1 { draw % 100 } else { 100 + draw % 700 })
}

pub(super) fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}
