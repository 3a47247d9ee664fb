//! A disk that fails (RG-05) or is full (RG-04) at every write and sync in turn, on each engine: after the fault nothing is
//! acknowledged, the process ends with an exit code that says so, and the next start shows the last acknowledged state (R-ST-02).
//!
//! strace makes the calls of a child fail. Batches of each child: `KEYWARD_FAULT_COMMITS` (3 if unset).

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use keyward::config::storage::EngineName;
use keyward::foundation::clock::{Clock as _, ManualClock, SystemClock};
use keyward::storage::{self, Outcome, SharedStore};

use super::workload::{self, Ledger};
use crate::support::program::{Installed, keyward};

const FOLDER: &str = "KEYWARD_FAULT_FOLDER";
const ENGINE: &str = "KEYWARD_FAULT_ENGINE";
const COMMITS: &str = "KEYWARD_FAULT_COMMITS";
/// How the child ends when the store has failed.
const STORE_FAILED: i32 = 3;
/// A child that lasts longer hangs.
const PATIENCE: Duration = Duration::from_secs(30);
/// A call counts for each thread apart, and no thread makes more.
const MOST_CALLS: u32 = 400;

#[test]
fn redb_acknowledges_nothing_after_a_failed_write() {
    every_call_fails_once(EngineName::Redb, "pwrite64", &["EIO", "ENOSPC"]);
}

#[test]
fn redb_acknowledges_nothing_after_a_failed_sync() {
    every_call_fails_once(EngineName::Redb, "fdatasync", &["EIO", "ENOSPC"]);
    every_call_fails_once(EngineName::Redb, "fsync", &["EIO"]);
    every_call_fails_once(EngineName::Redb, "ftruncate", &["EIO", "ENOSPC"]);
}

#[test]
fn sled_acknowledges_nothing_after_a_failed_write() {
    every_call_fails_once(EngineName::Sled, "pwrite64", &["EIO", "ENOSPC"]);
    every_call_fails_once(EngineName::Sled, "write", &["EIO", "ENOSPC"]);
}

#[test]
fn sled_acknowledges_nothing_after_a_failed_sync() {
    every_call_fails_once(EngineName::Sled, "fdatasync", &["EIO", "ENOSPC"]);
    every_call_fails_once(EngineName::Sled, "sync_file_range", &["EIO", "ENOSPC"]);
    every_call_fails_once(EngineName::Sled, "fsync", &["EIO"]);
    every_call_fails_once(EngineName::Sled, "ftruncate", &["EIO", "ENOSPC"]);
}

/// Lets the first call fail, then the second, and so on, until a child makes no further one.
fn every_call_fails_once(engine: EngineName, call: &str, errors: &[&str]) {
    let mut failed = 0;
    for error in errors {
        for place in 1.. {
            assert!(place < MOST_CALLS, "{engine}: {call} has no end");
            match one_fault(engine, call, error, place) {
                Some(true) => failed += 1,
                Some(false) => break,
                None => return,
            }
        }
    }
    println!("{engine}: {call} failed at {failed} places");
}

/// One child with one fault; whether the fault met it. `None`, loudly, where calls cannot be made to fail.
fn one_fault(engine: EngineName, call: &str, error: &str, place: u32) -> Option<bool> {
    let told = format!("{engine}: {call} {place} fails with {error}");
    let folder = tempfile::tempdir().unwrap();
    let (data, acks) = (folder.path().join("data"), folder.path().join("acks"));
    std::fs::create_dir(&acks).unwrap();
    let trace = folder.path().join("trace");
    let mut command = Command::new("strace");
    command.args(["-f", "-y", "--seccomp-bpf", "-e", &format!("trace={call}")]);
    command.args(["-e", &format!("inject={call}:error={error}:when={place}"), "-o"]).arg(&trace);
    command.arg(std::env::current_exe().unwrap());
    command.args(["--exact", "storage::faults::child", "--nocapture", "--test-threads=1"]);
    command.env(FOLDER, folder.path()).env(ENGINE, engine.to_string());
    let Ok(mut child) = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn() else {
        return not_tested();
    };
    let begun = SystemClock.now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if SystemClock.now().since(begun) > PATIENCE {
            child.kill().unwrap();
            panic!("{told}: the child hangs");
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let Ok(traced) = std::fs::read_to_string(&trace) else { return not_tested() };
    if !traced.contains("exited with") {
        return not_tested();
    }
    let acknowledged = std::fs::read_dir(&acks).unwrap().count() as u64;
    let mut injected = traced.lines().filter(|line| line.contains("(INJECTED)")).peekable();
    let met = injected.peek().is_some();
    let code = status.code();
    let ended_well = code == Some(STORE_FAILED) && met || code == Some(0) && acknowledged == commits();
    // The test program's own output may be what failed.
    let of_the_store = !met || injected.any(|line| line.contains("/data/"));
    assert!(ended_well || !of_the_store, "{told}: {status}");
    recovers(engine, &data, acknowledged).unwrap_or_else(|fault| panic!("{told}: {fault}"));
    Some(met)
}

fn not_tested<T: Default>() -> T {
    let notice = "NOT TESTED: strace is missing or may not trace here, so nobody saw a disk that fails";
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{notice}");
    eprintln!("{notice}");
    T::default()
}

/// A batch that was not acknowledged may have reached the disk whole, one at most.
fn recovers(engine: EngineName, data: &Path, acknowledged: u64) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let ledger = Ledger { acknowledged: [acknowledged, 0, 0, 0], ballast: false, kills: 1 };
    runtime.block_on(async { workload::verify(&open(engine, data)?, &ledger).await })
}

fn open(engine: EngineName, data: &Path) -> Result<SharedStore, String> {
    let clock = Arc::new(ManualClock::new(super::START));
    storage::open(engine, data, 4 << 20, clock).map_err(|error| error.to_string())
}

fn commits() -> u64 {
    std::env::var(COMMITS).map_or(3, |text| text.parse().expect("a number"))
}

/// The writing half: does nothing unless a test above started it.
#[test]
fn child() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let engine = std::env::var(ENGINE).unwrap().parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    if let Err(fault) = runtime.block_on(write(engine, Path::new(&folder))) {
        eprintln!("{fault}");
        std::process::exit(STORE_FAILED);
    }
}

async fn write(engine: EngineName, folder: &Path) -> Result<(), String> {
    let store = open(engine, &folder.join("data"))?;
    for number in 1..=commits() {
        let outcome = store.commit(workload::batch(0, number)).await;
        let again = store.failure().borrow().clone();
        match (outcome, again) {
            (Ok(Outcome::Done(_)), None) => {
                // Told without a write, which might be made to fail as well.
                std::fs::File::create_new(folder.join("acks").join(number.to_string())).unwrap();
            }
            (Err(fault), Some(_)) => {
                assert!(store.commit(workload::batch(0, number)).await.is_err(), "it acknowledges again");
                return Err(fault.to_string());
            }
            (outcome, failure) => panic!("batch {number}: {outcome:?}, failure {failure:?}"),
        }
    }
    Ok(())
}

/// The real server: its disk begins to fail while it serves. It tells nobody that something was done, ends with an exit code,
/// and the next one has all that was told (R-ST-02).
#[tokio::test]
async fn a_server_whose_disk_fails_ends_and_starts_again_with_all_it_told() {
    for engine in EngineName::ALL {
        let at = Installed::with(&format!("[storage]\nengine = \"{engine}\""));
        let server = at.serve().await;
        at.done(&["user", "add", "told", "--email", "told@example.com"]);
        let trace = at.folder.path().join("trace");
        let mut strace = Command::new("strace");
        strace.args(["-f", "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO", "-o"]).arg(&trace);
        strace.args(["-p", &server.id().to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
        let Ok(mut tracing) = strace.spawn() else { return not_tested() };
        while !traced(server.id()) {
            if tracing.try_wait().unwrap().is_some() {
                return not_tested();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // A thread that slept when it was caught may return from one more call before the tracer has its say.
        let told = (0..20).take_while(|n| {
            let name = format!("told{n}");
            let mail = format!("{name}@example.com");
            let output = keyward(&at.arguments(&["user", "add", &name, "--email", &mail]), "");
            output.status.success()
        });
        let told = told.count();
        assert!(told < 20, "{engine}: no fault was seen");
        let ended = server.ends();
        tracing.wait().unwrap();
        assert_eq!(ended.status.code(), Some(1), "{engine}");
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(said.contains("the store failed") && said.contains("start again"), "{engine}: {said}");
        at.done(&["user", "invite", "told"]);
        for n in 0..told {
            at.done(&["user", "invite", &format!("told{n}")]);
        }
    }
}

/// Whether every thread of `process` is watched.
fn traced(process: u32) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
    threads.flatten().all(|thread| {
        let status = std::fs::read_to_string(thread.path().join("status")).unwrap_or_default();
        status.lines().any(|line| line.starts_with("TracerPid:") && !line.ends_with("\t0"))
    })
}
