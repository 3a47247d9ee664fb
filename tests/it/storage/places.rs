//! What only an engine with a folder can show: modes, one holder, damage, format, and the same bytes as memory.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use keyward::foundation::Timestamp;
use keyward::storage::{self, Batch, Key, Raw, StorageError, envelope};
use redb::{Database, ReadableDatabase as _, TableDefinition};

use super::contract::Copy;
use super::{Bench, done, key, patiently};

const DATA: TableDefinition<&[u8], &[u8]> = TableDefinition::new("data");
const EXPIRY: TableDefinition<&[u8], &[u8]> = TableDefinition::new("expiry");
const META: TableDefinition<&[u8], &[u8]> = TableDefinition::new("meta");

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// The folder of a closed store.
fn closed(mut bench: Bench) -> tempfile::TempDir {
    bench.folder.take().unwrap()
}

fn open(folder: &Path) -> Result<storage::SharedStore, StorageError> {
    patiently(|| open_at_once(folder))
}

fn open_at_once(folder: &Path) -> Result<storage::SharedStore, StorageError> {
    open_at(folder, super::START)
}

fn open_at(folder: &Path, now: Timestamp) -> Result<storage::SharedStore, StorageError> {
    let clock = std::sync::Arc::new(keyward::foundation::clock::ManualClock::new(now));
    storage::redb::open(folder, 1024 * 1024, clock)
}

/// Changes one row behind the store's back.
fn tamper(
    folder: &Path,
    table: TableDefinition<&[u8], &[u8]>,
    row: &[u8],
    change: impl Fn(Option<Vec<u8>>) -> Option<Vec<u8>>,
) {
    let database = patiently(|| Database::open(folder.join("store.redb"))).unwrap();
    let before = database.begin_read().unwrap().open_table(table).unwrap().get(row).unwrap();
    let after = change(before.map(|guard| guard.value().to_vec()));
    let write = database.begin_write().unwrap();
    {
        let mut table = write.open_table(table).unwrap();
        match after {
            Some(bytes) => drop(table.insert(row, bytes.as_slice()).unwrap()),
            None => drop(table.remove(row).unwrap()),
        }
    }
    write.commit().unwrap();
}

#[tokio::test]
async fn is_for_its_owner_alone() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data");
    let _store = open(&folder).unwrap();
    assert_eq!(mode(&folder), 0o700);
    let files = ["store.redb", "lock"].map(|name| mode(&folder.join(name)));
    assert_eq!(files, [0o600, 0o600]);
}

/// Whoever may write into the folder must not choose the file that is made or locked.
#[tokio::test]
async fn a_link_in_the_place_of_the_lock_is_not_followed() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let target = elsewhere.path().join("made");
    std::os::unix::fs::symlink(&target, folder.path().join("lock")).unwrap();
    let error = open(folder.path()).unwrap_err();
    assert!(error.to_string().contains("cannot be used"), "{error}");
    assert!(!target.exists());
}

/// Only this thread becomes somebody else; the system judges each thread by itself.
#[test]
fn refuses_a_folder_of_root_to_others_with_the_way_to_give_it() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("NOT TESTED: a folder of root can only be made as root");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let path = folder.path().to_owned();
    let stranger = std::thread::spawn(move || {
        let uid = rustix::process::Uid::from_raw(54321);
        rustix::thread::set_thread_res_uid(uid, uid, uid).unwrap();
        open(&path).unwrap_err()
    });
    let error = stranger.join().unwrap();
    assert!(matches!(error, StorageError::Foreign(_)), "{error}");
    let (told, path) = (error.to_string(), folder.path().display().to_string());
    assert!(told.contains("belongs to root, and this program runs as user 54321"), "{told}");
    assert!(told.ends_with(&format!("chown -R 54321 {path}")), "{told}");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "nothing was made");
}

#[tokio::test]
async fn keeps_everything_over_a_reopen() {
    let bench = Bench::redb();
    let revision = bench.put("a", "one", None).await;
    done(bench.store.commit(Batch::new().delete(key("a")).clone()).await.unwrap());
    bench.put("b", "two", None).await;
    let folder = closed(bench);
    let store = open(folder.path()).unwrap();
    assert!(store.fetch::<super::Note>(&key("a")).await.unwrap().is_none());
    assert_eq!(store.fetch::<super::Note>(&key("b")).await.unwrap().unwrap().value, super::note("two"));
    let mut batch = Batch::new();
    batch.put(key("a"), &super::note("three"), None);
    assert_eq!(done(store.commit(batch).await.unwrap()), revision + 3, "revisions go on where they stood");
}

#[tokio::test]
async fn refuses_a_second_holder_at_once() {
    let bench = Bench::redb();
    let folder = bench.folder.as_ref().unwrap().path();
    let error = open_at_once(folder).unwrap_err();
    assert!(matches!(error, StorageError::InUse(_)));
    assert_eq!(
        error.to_string(),
        format!("the data folder {} is in use by another process", folder.display())
    );
}

/// A program that does not know our lock file still meets the engine's own lock.
#[tokio::test]
async fn refuses_a_file_that_another_program_holds() {
    let folder = closed(Bench::redb());
    let held = patiently(|| Database::open(folder.path().join("store.redb"))).unwrap();
    let error = open_at_once(folder.path()).unwrap_err();
    assert!(error.to_string().contains(&folder.path().display().to_string()), "{error}");
    assert!(matches!(error, StorageError::InUse(_)));
    drop(held);
    open(folder.path()).unwrap();
}

/// R-ST-03: a flipped bit is reported and never served, by no way of reading; other records go on.
#[tokio::test]
async fn never_serves_a_damaged_record() {
    let bench = Bench::redb();
    bench.put("a", "one", bench.in_seconds(60)).await;
    bench.put("b", "two", None).await;
    let folder = closed(bench);
    tamper(folder.path(), DATA, key("a").as_bytes(), |bytes| {
        let mut bytes = bytes.unwrap();
        *bytes.last_mut().unwrap() ^= 4;
        Some(bytes)
    });
    let store = open(folder.path()).unwrap();
    let corrupt = |error| matches!(error, StorageError::Corrupt(_));
    assert!(corrupt(store.get(&[key("a")]).await.unwrap_err()));
    assert!(corrupt(store.scan(&Key::prefix("note", &[]), None, 9).await.unwrap_err()));
    assert!(corrupt(store.export(&mut Copy::default()).await.unwrap_err()));
    for batch in [Batch::new().require_absent(key("a")), Batch::new().delete(key("a"))] {
        assert!(corrupt(store.commit(batch.clone()).await.unwrap_err()));
    }
    let problems = store.check().await.unwrap().problems;
    assert!(problems.iter().any(|problem| problem.contains("note/a")), "{problems:?}");
    assert!(store.fetch::<super::Note>(&key("b")).await.unwrap().is_some());
    done(store.commit(Batch::new().delete(key("b")).clone()).await.unwrap());
}

#[tokio::test]
async fn finds_records_that_the_index_does_not_ask_for() {
    let bench = Bench::redb();
    bench.put("a", "one", bench.in_seconds(60)).await;
    let end = bench.in_seconds(60).unwrap().0 as u64 ^ (1 << 63);
    let folder = closed(bench);
    let row = [end.to_be_bytes().as_slice(), key("a").as_bytes()].concat();
    let late = [(end + 1).to_be_bytes().as_slice(), key("a").as_bytes()].concat();
    tamper(folder.path(), EXPIRY, &row, |found| found.map(|_| None).expect("the row stands"));
    tamper(folder.path(), EXPIRY, &late, |_| Some(Vec::new()));
    tamper(folder.path(), EXPIRY, b"short", |_| Some(Vec::new()));
    let store = open(folder.path()).unwrap();
    let problems = store.check().await.unwrap().problems;
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems.iter().any(|problem| problem.contains("note/a")));
    assert!(problems.iter().any(|problem| problem.contains("names nothing")));
}

/// An index row without a record does not stop the sweep: it is removed.
#[tokio::test]
async fn sweeps_stray_index_rows_away() {
    let folder = closed(Bench::redb());
    let stray = [[0u8; 8].as_slice(), key("stray").as_bytes()].concat();
    tamper(folder.path(), EXPIRY, &stray, |_| Some(Vec::new()));
    let store = open(folder.path()).unwrap();
    assert_eq!(store.sweep(super::START, 10).await.unwrap(), 1);
    assert_eq!(store.sweep(super::START, 10).await.unwrap(), 0);
    assert_eq!(store.check().await.unwrap().problems, Vec::<String>::new());
}

/// Its record stays, for the full check to find.
#[tokio::test]
async fn a_damaged_record_that_has_ended_stops_no_sweep() {
    let bench = Bench::redb();
    for name in ["a", "b", "c"] {
        bench.put(name, "one", bench.in_seconds(60)).await;
    }
    let after = bench.in_seconds(60).unwrap();
    let folder = closed(bench);
    tamper(folder.path(), DATA, key("a").as_bytes(), |bytes| {
        let mut bytes = bytes.unwrap();
        *bytes.last_mut().unwrap() ^= 4;
        Some(bytes)
    });
    let store = patiently(|| open_at(folder.path(), after)).unwrap();
    for looked_at in [1, 1, 1, 0] {
        assert_eq!(store.sweep(after, 1).await.unwrap(), looked_at);
    }
    let report = store.check().await.unwrap();
    assert_eq!((report.records, report.problems.len()), (1, 1), "{:?}", report.problems);
}

/// R-ST-04: newer data under an older program is refused with a sentence; so is a store that lost its mark.
#[tokio::test]
async fn refuses_a_newer_or_unmarked_store() {
    let format = Key::new("format", &[]);
    for (number, words) in [(Some(3), "has format 3"), (Some(0), "has format 0"), (None, "lost its format")] {
        let folder = closed(Bench::redb());
        tamper(folder.path(), META, format.as_bytes(), |found| {
            assert!(found.is_some());
            number.map(|number| numbered(&format, number))
        });
        let error = open(folder.path()).unwrap_err();
        assert!(matches!(error, StorageError::Corrupt(_)) && error.to_string().contains(words), "{error}");
    }
}

/// A store of format 1 goes on as one of format 2, so that a program which knows no generations refuses it from then on.
#[tokio::test]
async fn raises_the_format_of_an_older_store() {
    let format = Key::new("format", &[]);
    let bench = Bench::redb();
    bench.put("a", "one", None).await;
    let folder = closed(bench);
    tamper(folder.path(), META, format.as_bytes(), |found| {
        assert_eq!(found, Some(numbered(&format, 2)), "a new store has it");
        Some(numbered(&format, 1))
    });
    let store = open(folder.path()).unwrap();
    assert!(store.fetch::<super::Note>(&key("a")).await.unwrap().is_some());
    drop(store);
    tamper(folder.path(), META, format.as_bytes(), |found| {
        assert_eq!(found, Some(numbered(&format, 2)));
        found
    });
    assert!(open(folder.path()).unwrap().check().await.unwrap().problems.is_empty());
}

fn numbered(key: &Key, number: u64) -> Vec<u8> {
    envelope::encode(key, &Raw { json: number.to_string().into_bytes(), revision: 0, expires: None })
}

#[tokio::test]
async fn refuses_a_file_that_is_no_store() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("store.redb"), b"something else entirely").unwrap();
    let error = open(folder.path()).unwrap_err();
    assert!(error.to_string().contains("store.redb"), "{error}");
}

/// A kill while a store is founded leaves nothing that stops the next start.
#[tokio::test]
async fn starts_over_after_a_half_founded_store() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("store.redb.new"), b"half").unwrap();
    open(folder.path()).unwrap();
    assert!(!folder.path().join("store.redb.new").exists());
}

#[tokio::test]
async fn writes_the_same_bytes_as_memory() {
    let mut copies = Vec::new();
    for bench in [Bench::memory(), Bench::redb(), Bench::sled()] {
        for number in 0..50 {
            bench.put(&(number * 7 % 50).to_string(), "text", bench.in_seconds(number)).await;
        }
        let mut batch = Batch::new();
        batch.add(key("count"), 3, None).delete(key("4"));
        done(bench.store.commit(batch).await.unwrap());
        let mut copy = Copy::default();
        bench.store.export(&mut copy).await.unwrap();
        copies.push(copy.0);
    }
    assert_eq!(copies[0].len(), 50);
    assert_eq!(copies[0], copies[1]);
    assert_eq!(copies[0], copies[2]);
}
