//! Backups and new folders that are not whole yet: given up with whoever asked, never in one another's way, and never in the
//! place of something else (R-OP-07).

use std::path::Path;
use std::sync::Arc;

use keyward::storage::SharedStore;
use keyward::storage::backup::file;
use keyward::storage::backup::key::Identity;
use keyward::storage::new_folder::NewFolder;

use super::backup::{authentication, fill};
use super::{Bench, START};
use crate::support::endless::Endless;
use crate::support::mailbox::eventually;

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn r_op_07_a_backup_ends_with_whoever_waited_for_it() {
    let (folder, endless) = (tempfile::tempdir().unwrap(), Arc::new(Endless::over(Bench::memory().store)));
    let (store, path): (SharedStore, _) = (endless.clone(), folder.path().join("backup"));
    let backup = tokio::spawn(async move {
        let recipient = Identity::generate().recipient();
        file::write(&store, &path, &recipient, START, authentication()).await.map(drop)
    });
    endless.begun().await;
    assert_eq!(names(folder.path()).len(), 1);
    backup.abort();
    endless.ended().await;
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
