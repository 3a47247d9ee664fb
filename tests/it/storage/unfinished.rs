//! Backups and new folders that are not whole yet: given up with whoever asked, never in one another's way, and never in the
//! place of something else (R-OP-07).

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use keyward::foundation::Timestamp;
use keyward::storage::backup::file;
use keyward::storage::backup::key::Identity;
use keyward::storage::new_folder::NewFolder;
use keyward::storage::{
    Batch, CheckReport, ExportSink, Key, Outcome, Raw, Revision, SharedStore, StorageError, Store, StoreMark,
    envelope,
};
use tokio::sync::{Notify, watch};

use super::backup::{authentication, fill};
use super::{Bench, START};
use crate::support::mailbox::eventually;

/// A store whose copy never ends.
#[derive(Debug, Default)]
struct Endless {
    handed_over: AtomicU64,
    begun: Notify,
    ended: Notify,
}

#[async_trait]
impl Store for Endless {
    async fn export(&self, sink: &mut dyn ExportSink) -> Result<u64, StorageError> {
        sink.begin(StoreMark { number: 1, revision: Revision::MAX })?;
        loop {
            let number = self.handed_over.fetch_add(1, Ordering::Relaxed);
            let key = Key::new("note", &[&format!("{number:020}")]);
            let raw = Raw { json: b"1".to_vec(), revision: 1, expires: None };
            if let Err(error) = sink.record(&key, &envelope::encode(&key, &raw)) {
                self.ended.notify_one();
                return Err(error);
            }
            self.begun.notify_one();
        }
    }

    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Raw>>, StorageError> {
        Ok(vec![None; keys.len()])
    }

    async fn scan(&self, _: &Key, _: Option<&Key>, _: usize) -> Result<Vec<(Key, Raw)>, StorageError> {
        Ok(Vec::new())
    }

    async fn commit(&self, _: Batch) -> Result<Outcome, StorageError> {
        Ok(Outcome::Done(1))
    }

    async fn sweep(&self, _: Timestamp, _: usize) -> Result<usize, StorageError> {
        Ok(0)
    }

    async fn check(&self) -> Result<CheckReport, StorageError> {
        Ok(CheckReport::default())
    }

    fn failure(&self) -> watch::Receiver<Option<String>> {
        watch::channel(None).1
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn r_op_07_a_backup_ends_with_whoever_waited_for_it() {
    let (folder, endless) = (tempfile::tempdir().unwrap(), Arc::new(Endless::default()));
    let (store, path): (SharedStore, _) = (endless.clone(), folder.path().join("backup"));
    let backup = tokio::spawn(async move {
        let recipient = Identity::generate().recipient();
        file::write(&store, &path, &recipient, START, authentication()).await.map(drop)
    });
    endless.begun.notified().await;
    assert_eq!(names(folder.path()).len(), 1);
    backup.abort();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(20), endless.ended.notified()).await;
    assert!(ended.is_ok(), "nobody waits, and it goes on");
    eventually("nothing is left of it", || names(folder.path()).is_empty()).await;
}

#[tokio::test]
async fn a_backup_replaces_nothing_that_appeared_meanwhile() {
    let (bench, folder) = (Bench::memory(), tempfile::tempdir().unwrap());
    fill(&bench).await;
    let (path, recipient) = (folder.path().join("backup"), Identity::generate().recipient());
    let made = file::write(&bench.store, &path, &recipient, START, authentication()).await.unwrap();
    std::fs::write(&path, b"another one's").unwrap();
    let refused = made.finish().await.unwrap_err();
    assert!(refused.to_string().contains("exists already"), "{refused}");
    assert_eq!(std::fs::read(&path).unwrap(), b"another one's");
    assert_eq!(names(folder.path()), ["backup"]);
}

/// In a container every process may have the same number.
#[tokio::test]
async fn what_a_killed_process_left_stops_no_backup() {
    let (bench, folder) = (Bench::memory(), tempfile::tempdir().unwrap());
    let left = folder.path().join(format!("backup.{}.unfinished", std::process::id()));
    std::fs::write(&left, b"half").unwrap();
    let (path, recipient) = (folder.path().join("backup"), Identity::generate().recipient());
    let made = file::write(&bench.store, &path, &recipient, START, authentication()).await.unwrap();
    made.finish().await.unwrap();
    assert!(path.exists() && left.exists());
}

#[test]
fn two_new_folders_for_one_place_leave_each_other_alone_and_one_gets_it() {
    let parent = tempfile::tempdir().unwrap();
    let place = parent.path().join("data");
    let first = NewFolder::begin(&place).unwrap();
    std::fs::write(first.path().join("store"), b"of the first").unwrap();
    let second = NewFolder::begin(&place).unwrap();
    std::fs::write(second.path().join("store"), b"of the second").unwrap();
    assert!(first.path().join("store").exists());
    first.finish().unwrap();
    assert!(second.finish().is_err());
    assert_eq!(std::fs::read(place.join("store")).unwrap(), b"of the first");
    assert_eq!(names(parent.path()), ["data"]);
}

#[test]
fn what_a_killed_process_left_of_a_new_folder_is_cleared_away() {
    let parent = tempfile::tempdir().unwrap();
    let place = parent.path().join("data");
    let abandoned = NewFolder::begin(&place).unwrap().path().to_owned();
    assert!(!abandoned.exists(), "what is not finished vanishes");
    std::fs::create_dir(&abandoned).unwrap();
    let others = ["data.unfinished", "data2.abcdefgh.unfinished", "data.abcdefgh.txt"];
    others.iter().for_each(|name| std::fs::create_dir(parent.path().join(name)).unwrap());
    let new = NewFolder::begin(&place).unwrap();
    assert!(!abandoned.exists() && new.path().exists());
    assert!(others.iter().all(|name| parent.path().join(name).exists()), "they are not ours");
}
