//! Power cut (RG-02): ext4 on a loop device goes down without writing its log, as if everything unsynced were gone. Both
//! engines must show each acknowledged state afterwards. A control, sled called as its own documents say, must be seen to
//! lose something: so the test proves that it can see a loss.
//!
//! Needs root and loop devices, and is skipped aloud elsewhere. Rounds of each engine: `KEYWARD_POWER_ROUNDS` (3 if unset).

use std::io::{BufRead as _, BufReader};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use keyward::foundation::clock::ManualClock;
use keyward::foundation::random::{self, SystemRandom};
use keyward::storage::embedded::Embedded;
use keyward::storage::engine::{Engine, Row, Space, SpaceVisitor, Visitor};
use keyward::storage::{SharedStore, StorageError};

use super::crash;
use super::workload::Ledger;

const CONTROL: &str = "sled as documented";
/// Nobody needs so long to begin.
const PATIENCE: Duration = Duration::from_secs(60);
/// The control is damaged by three cuts of four.
const CONTROL_ROUNDS: u64 = 60;

#[test]
fn redb_keeps_what_it_acknowledged() {
    keeps("redb");
}

#[test]
fn sled_keeps_what_it_acknowledged() {
    keeps("sled");
}

#[test]
fn the_control_is_seen_to_lose() {
    let Some(volume) = Volume::make() else { return };
    let mut ledger = Ledger::default();
    let damage = (0..CONTROL_ROUNDS).find_map(|_| round(CONTROL, &volume, &mut ledger).err());
    println!("the control: {} {:?}", damage.as_deref().unwrap_or("unharmed"), ledger);
    assert!(damage.is_some(), "the control lost nothing in {CONTROL_ROUNDS} cuts: this test sees no loss");
}

fn keeps(engine: &str) {
    let Some(volume) = Volume::make() else { return };
    let mut ledger = Ledger::default();
    for place in 0..crash::number("KEYWARD_POWER_ROUNDS").unwrap_or(3) {
        let whole = round(engine, &volume, &mut ledger);
        assert_eq!(whole, Ok(()), "{engine}, round {place}: {ledger:?}");
    }
    assert!(ledger.acknowledged.iter().sum::<u64>() > 0, "no child ever got to work");
    println!("{engine}: acknowledged {:?}", ledger.acknowledged);
}

/// One child, one cut; then what the disk holds is compared with what was acknowledged.
fn round(engine: &str, volume: &Volume, ledger: &mut Ledger) -> Result<(), String> {
    let data = volume.folder.join("data");
    let mut child = crash::spawn(engine, &data, ledger, false);
    let output = BufReader::new(child.stdout.take().unwrap());
    let (working, works) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        let begins = |line: &String| {
            if line.starts_with("ack") {
                // Only the first one is waited for.
                let _ = working.send(());
            }
        };
        output.lines().map_while(Result::ok).inspect(begins).collect::<Vec<_>>()
    });
    // Where no acknowledgement comes, the reader has ended, and says why.
    if works.recv_timeout(PATIENCE).is_ok() {
        let [draw] = random::bytes::<1>(&SystemRandom);
        // Real time on purpose: the moment of the cut is what is tested.
        std::thread::sleep(Duration::from_millis(200 + 4 * u64::from(draw)));
    }
    volume.cut();
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap().iter().for_each(|line| ledger.note(line));
    ledger.kills += 1;
    volume.mount_again();
    let mut verifying = crash::spawn(engine, &data, ledger, true);
    let lines = crash::read(&mut verifying).join().unwrap();
    if verifying.wait().unwrap().success() { Ok(()) } else { Err(lines.join("\n")) }
}

/// An ext4 of its own, mounted from a file.
struct Volume {
    place: tempfile::TempDir,
    folder: PathBuf,
}

impl Volume {
    /// `None`, loudly, where it cannot be made.
    fn make() -> Option<Self> {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("mounted");
        std::fs::create_dir(&folder).unwrap();
        let file = std::fs::File::create(place.path().join("disk")).unwrap();
        file.set_len(512 << 20).unwrap();
        let volume = Self { folder, place };
        let made = run(Command::new("mkfs.ext4").arg("-q").arg(volume.disk())) && volume.mount();
        if !made || !run(Command::new("perl").args(["-e", "exit 0"])) {
            eprintln!(
                "NOT TESTED: no loop device, mkfs.ext4, mount or perl for us here, so nobody saw a power cut"
            );
            return None;
        }
        Some(volume)
    }

    fn disk(&self) -> PathBuf {
        self.place.path().join("disk")
    }

    fn mount(&self) -> bool {
        run(Command::new("mount").args(["-o", "loop"]).arg(self.disk()).arg(&self.folder))
    }

    /// EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH: what is not on the disk by now never will be.
    fn cut(&self) {
        const SHUTDOWN: &str = r#"open my $f, "<", $ARGV[0] or die; my $how = pack("L", 2); ioctl($f, 0x8004587D, $how) or die $!"#;
        assert!(run(Command::new("perl").args(["-e", SHUTDOWN]).arg(&self.folder)), "no power cut");
    }

    fn mount_again(&self) {
        assert!(run(Command::new("umount").arg(&self.folder)), "still in use after the cut");
        assert!(self.mount(), "the file system does not come back");
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        run(Command::new("umount").arg(&self.folder));
    }
}

fn run(command: &mut Command) -> bool {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// sled, called as its own documents say: a batch, and its flush.
#[derive(Debug)]
struct Documented(sled::Db);

pub fn open_control(folder: &Path, clock: Arc<ManualClock>) -> Result<SharedStore, String> {
    let database = sled::open(folder).map_err(|error| error.to_string())?;
    let store = Embedded::start(Arc::new(Documented(database)), clock);
    Ok(Arc::new(store.map_err(|error| error.to_string())?))
}

fn place(space: Space, key: &[u8]) -> Vec<u8> {
    let number = Space::ALL.iter().position(|it| *it == space).unwrap();
    [&[u8::try_from(number).unwrap()], key].concat()
}

fn fault(error: sled::Error) -> StorageError {
    StorageError::Failed(error.to_string())
}

impl Engine for Documented {
    fn get(&self, space: Space, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StorageError> {
        let found = keys.iter().map(|key| self.0.get(place(space, key)).map_err(fault));
        found.map(|found| Ok(found?.map(|value| value.to_vec()))).collect()
    }

    fn walk(&self, space: Space, from: &[u8], visit: &mut Visitor<'_>) -> Result<(), StorageError> {
        self.walk_all(&mut |found, key, value| {
            let passed = found == space && key >= from;
            if passed { visit(key, value) } else { Ok(ControlFlow::Continue(())) }
        })
    }

    fn walk_all(&self, visit: &mut SpaceVisitor<'_>) -> Result<(), StorageError> {
        for row in self.0.iter() {
            let (place, value) = row.map_err(fault)?;
            if visit(Space::ALL[usize::from(place[0])], &place[1..], &value)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn apply(&self, rows: &[Row]) -> Result<(), StorageError> {
        let mut batch = sled::Batch::default();
        for row in rows {
            match &row.value {
                Some(value) => batch.insert(place(row.space, &row.key), value.as_slice()),
                None => batch.remove(place(row.space, &row.key)),
            }
        }
        self.0.apply_batch(batch).map_err(fault)?;
        self.0.flush().map(drop).map_err(fault)
    }
}
