//! What only sled needs: its folder, the check after an unclean stop, no file beside the synced one, and the refusal of another
//! engine's store (R-ST-03).

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use keyward::config::storage::EngineName;
use keyward::foundation::clock::ManualClock;
use keyward::storage::{self, Batch, SharedStore, StorageError};

use super::{Bench, done, key, note, patiently};

const CACHE: usize = 4 << 20;

fn open(engine: EngineName, folder: &Path) -> Result<SharedStore, StorageError> {
    patiently(|| open_at_once(engine, folder))
}

fn open_at_once(engine: EngineName, folder: &Path) -> Result<SharedStore, StorageError> {
    storage::open(engine, folder, CACHE, Arc::new(ManualClock::new(super::START)))
}

fn raw(folder: &Path) -> sled::Db {
    let config = sled::Config::new().path(folder.join("store.sled")).segment_size(8 << 20);
    patiently(|| config.open()).unwrap()
}

/// Changes the last byte of a record behind the store's back.
fn tamper(folder: &Path, name: &str) {
    let database = raw(folder);
    let place = [b"d", key(name).as_bytes()].concat();
    let mut value = database.get(&place).unwrap().unwrap().to_vec();
    *value.last_mut().unwrap() ^= 4;
    database.insert(place, value).unwrap();
    database.flush().unwrap();
}

async fn two_notes() -> tempfile::TempDir {
    let mut bench = Bench::sled();
    bench.put("a", "one", None).await;
    bench.put("b", "two", None).await;
    bench.folder.take().unwrap()
}

#[tokio::test]
async fn keeps_everything_over_a_reopen_for_its_owner_alone() {
    let folder = two_notes().await;
    let mode = std::fs::metadata(folder.path().join("store.sled")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o700);
    assert!(!folder.path().join("open").exists(), "a clean stop takes the mark away");
    let store = open(EngineName::Sled, folder.path()).unwrap();
    assert!(folder.path().join("open").exists());
    assert_eq!(store.fetch::<super::Note>(&key("b")).await.unwrap().unwrap().value, note("two"));
    let error = open_at_once(EngineName::Sled, folder.path()).unwrap_err();
    assert!(matches!(error, StorageError::InUse(_)));
}

/// A program that does not know our lock file still meets the engine's own lock.
#[tokio::test]
async fn refuses_a_file_that_another_program_holds() {
    let folder = two_notes().await;
    let held = raw(folder.path());
    let error = open_at_once(EngineName::Sled, folder.path()).unwrap_err();
    assert!(matches!(error, StorageError::InUse(_)), "{error}");
    drop(held);
    open(EngineName::Sled, folder.path()).unwrap();
}

#[tokio::test]
async fn each_engine_refuses_the_others_store_and_names_the_setting() {
    for (own, other) in [(EngineName::Redb, EngineName::Sled), (EngineName::Sled, EngineName::Redb)] {
        let mut bench = Bench::on(own);
        let folder = bench.folder.take().unwrap();
        drop(bench);
        let error = open(other, folder.path()).unwrap_err().to_string();
        assert!(error.contains(&format!("set storage.engine = \"{own}\"")), "{error}");
        assert!(error.contains(&format!("keyward move --to {other}")), "{error}");
        open(own, folder.path()).unwrap();
    }
}

/// R-ST-03: after an unclean stop everything is read first, and damage stops the start, at each start anew. After a clean
/// stop a damaged record is never served.
#[tokio::test]
async fn an_unclean_stop_is_followed_by_a_check_that_refuses_damage() {
    let folder = two_notes().await;
    std::fs::write(folder.path().join("open"), b"").unwrap();
    drop(open(EngineName::Sled, folder.path()).unwrap());
    tamper(folder.path(), "a");
    let store = open(EngineName::Sled, folder.path()).unwrap();
    assert!(matches!(store.get(&[key("a")]).await, Err(StorageError::Corrupt(_))));
    assert!(store.get(&[key("b")]).await.unwrap()[0].is_some());
    drop(store);
    std::fs::write(folder.path().join("open"), b"").unwrap();
    for _ in 0..2 {
        let error = open(EngineName::Sled, folder.path()).unwrap_err();
        let words = error.to_string();
        assert!(words.contains("note/a") && words.contains("restore the newest backup"), "{words}");
    }
}

/// sled never syncs the files in `blobs`: so nothing may ever go there, however large values are and however they lie.
#[tokio::test(flavor = "multi_thread")]
async fn the_largest_values_stay_in_the_file_that_is_synced() {
    let mut bench = Bench::sled();
    let large = "x".repeat(64 * 1024 - 20);
    for round in 0..3 {
        for number in 0..60 {
            let mut batch = Batch::new();
            batch.put(key(&format!("{:02}", number * 7 % 60)), &note(&large), bench.in_seconds(round));
            done(bench.store.commit(batch).await.unwrap());
        }
    }
    let folder = bench.folder.take().unwrap();
    drop(bench);
    let blobs = || std::fs::read_dir(folder.path().join("store.sled/blobs")).unwrap().count();
    assert_eq!(blobs(), 0);
    let store = open(EngineName::Sled, folder.path()).unwrap();
    assert_eq!(store.check().await.unwrap().records, 60);
    assert_eq!(blobs(), 0);
}

/// The start of a damaged file is a sentence, never a panic that reaches the administrator.
#[tokio::test]
async fn refuses_a_file_that_is_no_store() {
    let folder = two_notes().await;
    std::fs::write(folder.path().join("store.sled/conf"), b"something else entirely").unwrap();
    let error = open(EngineName::Sled, folder.path()).unwrap_err();
    assert!(error.to_string().contains("store.sled"), "{error}");
}

/// A kill while a store is founded leaves nothing that stops the next start.
#[tokio::test]
async fn starts_over_after_a_half_founded_store() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("store.sled.new")).unwrap();
    std::fs::write(folder.path().join("store.sled.new/db"), b"half").unwrap();
    open(EngineName::Sled, folder.path()).unwrap();
    assert!(!folder.path().join("store.sled.new").exists());
}

/// sled writes snapshots of its own bookkeeping under this name first, and would take half of one for a damaged whole one.
#[tokio::test]
async fn opens_after_a_kill_that_left_half_a_snapshot() {
    let folder = two_notes().await;
    std::fs::write(folder.path().join("store.sled/snap.FFFFFFFFFFFF0060.generating"), b"half of one")
        .unwrap();
    let store = open(EngineName::Sled, folder.path()).unwrap();
    assert!(store.get(&[key("a")]).await.unwrap()[0].is_some());
}
