//! No acknowledgement leaves before the sync that follows the last write (R-ST-01): judged on the system calls themselves.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use keyward::config::storage::EngineName;
use keyward::foundation::clock::ManualClock;
use keyward::storage::{self, Batch};

use super::{done, key, note};

const FOLDER: &str = "KEYWARD_SYSTEM_CALLS_FOLDER";
const ENGINE: &str = "KEYWARD_SYSTEM_CALLS_ENGINE";
const COMMITS: usize = 12;
// Without ftruncate: the engine cuts unused space off the file after a commit is durable, and that carries no data.
const CALLS: &str = "trace=write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync,sync_file_range";

#[test]
fn every_acknowledgement_follows_its_sync() {
    for engine in EngineName::ALL {
        let folder = tempfile::tempdir().unwrap();
        let trace = folder.path().join("trace");
        let Some(text) = traced(engine, &folder.path().join("data"), &trace) else {
            return;
        };
        let judged = judge(&text, file(engine));
        assert_eq!(judged, Ok(COMMITS), "{engine}: {text}");
    }
}

/// How the path of the file ends that takes the writes.
fn file(engine: EngineName) -> &'static str {
    match engine {
        EngineName::Redb => "/store.redb>",
        EngineName::Sled => "/store.sled/db>",
    }
}

/// The writing half: does nothing unless the test above started it.
#[test]
fn child() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let clock = Arc::new(ManualClock::new(super::START));
        let engine = std::env::var(ENGINE).unwrap().parse().unwrap();
        let store = storage::open(engine, Path::new(&folder), 1024 * 1024, clock).unwrap();
        for number in 0..COMMITS {
            let mut batch = Batch::new();
            batch.put(key(&number.to_string()), &note(&"x".repeat(number * 900)), None).delete(key("0"));
            done(store.commit(batch).await.unwrap());
            std::io::stdout().lock().write_all(format!("ack {number}\n").as_bytes()).unwrap();
        }
    });
}

/// The child's system calls; `None`, loudly, where they cannot be traced (a failure in continuous integration).
fn traced(engine: EngineName, data: &Path, trace: &Path) -> Option<String> {
    let mut command = Command::new("strace");
    command.args(["-f", "-y", "-e", CALLS, "-o"]).arg(trace).arg(std::env::current_exe().unwrap());
    command.args(["--exact", "storage::system_calls::child", "--nocapture", "--test-threads=1"]);
    command.env(ENGINE, engine.to_string());
    let status = command.env(FOLDER, data).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if status.is_ok_and(|status| status.success()) {
        return Some(std::fs::read_to_string(trace).unwrap());
    }
    let notice =
        "NOT TESTED: strace is missing or may not trace here, so nobody saw whether commits are synced";
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{notice}");
    eprintln!("{notice}");
    None
}

/// What has been written to and synced in the store's file so far.
#[derive(Default)]
struct Judge<'a> {
    file: &'static str,
    written: u64,
    synced: u64,
    acknowledged_at: u64,
    // A sync covers what was written before it began, and only once it has ended well.
    begun: HashMap<&'a str, u64>,
    acknowledgements: usize,
}

/// The number of acknowledgements, each after a write and its sync; or the line that breaks the rule.
fn judge(trace: &str, file: &'static str) -> Result<usize, String> {
    let mut judge = Judge { file, ..Judge::default() };
    for line in trace.lines() {
        judge.line(line).map_err(|fault| format!("{fault}: {line}"))?;
    }
    Ok(judge.acknowledgements)
}

impl<'a> Judge<'a> {
    fn line(&mut self, line: &'a str) -> Result<(), String> {
        let (process, call) = line.split_once(' ').unwrap_or_default();
        let call = call.trim_start();
        let is_sync = ["fsync", "fdatasync"].iter().any(|name| {
            call.starts_with(&format!("{name}(")) || call.starts_with(&format!("<... {name} resumed>"))
        });
        if call.starts_with("write(1<") && call.contains("\"ack ") {
            return self.acknowledge();
        }
        if is_sync {
            self.sync(process, call);
        } else if call.contains(self.file) && !call.starts_with("sync_file_range") {
            self.written += 1;
        }
        Ok(())
    }

    fn sync(&mut self, process: &'a str, call: &str) {
        if !call.starts_with("<...") && call.contains(self.file) {
            self.begun.insert(process, self.written);
        }
        if call.ends_with("= 0") {
            self.synced = self.begun.remove(process).map_or(self.synced, |begun| begun.max(self.synced));
        }
    }

    fn acknowledge(&mut self) -> Result<(), String> {
        if self.written == self.acknowledged_at {
            return Err("acknowledged without a write".into());
        }
        if self.synced != self.written {
            return Err("acknowledged before the sync that follows the last write".into());
        }
        self.acknowledged_at = self.written;
        self.acknowledgements += 1;
        Ok(())
    }
}

/// The test can fail: traces that lack the sync, or have it too early, unfinished, failed or of another file, are refused.
#[test]
fn the_judge_sees_a_missing_sync() {
    const WRITE: &str = "7 pwrite64(9</d/store.redb>, \"x\"..., 4096, 0) = 4096";
    const SYNC: &str = "7 fdatasync(9</d/store.redb>) = 0";
    const ACK: &str = "8 write(1<pipe:[5]>, \"ack 0\\n\", 6) = 6";
    const BEGUN: &str = "7 fdatasync(9</d/store.redb> <unfinished ...>";
    const ENDED: &str = "7 <... fdatasync resumed>)       = 0";
    let judged = |lines: &[&str]| judge(&lines.join("\n"), file(EngineName::Redb));
    assert_eq!(judged(&[WRITE, WRITE, SYNC, ACK, WRITE, SYNC, ACK]), Ok(2));
    assert_eq!(judged(&[WRITE, BEGUN, ENDED, ACK]), Ok(1));
    let refused: [&[&str]; 8] = [
        &[WRITE, ACK],
        &[WRITE, SYNC, WRITE, ACK],
        &[WRITE, BEGUN, ACK, ENDED],
        &[WRITE, BEGUN, WRITE, ENDED, ACK],
        &[WRITE, "7 fdatasync(9</d/store.redb>) = -1 EIO (Input/output error)", ACK],
        &[WRITE, "7 fdatasync(4</d/other>) = 0", ACK],
        &[WRITE, "7 sync_file_range(9</d/store.redb>, 0, 0, 7) = 0", ACK],
        &[WRITE, SYNC, ACK, ACK],
    ];
    for lines in refused {
        assert!(judged(lines).is_err(), "{lines:?}");
    }
}
