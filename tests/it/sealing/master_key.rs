//! The master key's file: made once, guarded, and proved to belong to the store at each start (R-KS-01, R-KS-05).

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use keyward::storage::{Batch, Key};

use super::{SEED, SealingError, start, store};

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn sentence<T>(result: Result<T, SealingError>) -> String {
    match result {
        Err(SealingError::MasterKey(sentence)) => sentence,
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("started"),
    }
}

#[tokio::test]
async fn is_made_at_the_first_start_for_its_owner_alone() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("keys");
    let store = store();
    let sealed = start(&folder, &store).await.unwrap().seal(SEED, b"canary").unwrap();
    let file = folder.join("master.key");
    assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
    assert_eq!(std::fs::read(&file).unwrap().len(), 32);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "nothing else is left behind");
    let again = start(&folder, &store).await.unwrap();
    assert_eq!(again.open(SEED, &sealed).unwrap().as_slice(), b"canary");
}

#[tokio::test]
async fn missing_over_data_is_refused_and_not_replaced() {
    let (folder, store) = (tempfile::tempdir().unwrap(), store());
    start(folder.path(), &store).await.unwrap();
    let file = folder.path().join("master.key");
    std::fs::remove_file(&file).unwrap();
    let sentence = sentence(start(folder.path(), &store).await);
    assert!(sentence.contains(file.to_str().unwrap()) && sentence.contains("missing"), "{sentence}");
    assert!(sentence.contains("put back your copy"), "{sentence}");
    assert!(!file.exists());
}

#[tokio::test]
async fn another_one_is_refused_with_a_sentence() {
    let (folder, other, store) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), store());
    start(folder.path(), &store).await.unwrap();
    start(other.path(), &super::store()).await.unwrap();
    let before = std::fs::read(other.path().join("master.key")).unwrap();
    let sentence = sentence(start(other.path(), &store).await);
    assert!(sentence.contains("not the one that sealed this store"), "{sentence}");
    assert_eq!(std::fs::read(other.path().join("master.key")).unwrap(), before);
    start(folder.path(), &store).await.unwrap();
}

#[tokio::test]
async fn is_never_made_over_a_store_that_holds_data() {
    let (folder, store) = (tempfile::tempdir().unwrap(), store());
    store.commit(Batch::new().add(Key::new("count", &[]), 1, None).clone()).await.unwrap();
    assert!(sentence(start(folder.path(), &store).await).contains("missing"));
    assert!(!folder.path().join("master.key").exists());
}

#[tokio::test]
async fn with_unproven_data_is_refused() {
    let (folder, store) = (tempfile::tempdir().unwrap(), store());
    start(folder.path(), &super::store()).await.unwrap();
    store.commit(Batch::new().add(Key::new("count", &[]), 1, None).clone()).await.unwrap();
    assert!(sentence(start(folder.path(), &store).await).contains("no proof"));
}

#[tokio::test]
async fn exposed_is_refused_with_the_mend() {
    let (folder, store) = (tempfile::tempdir().unwrap(), store());
    start(folder.path(), &store).await.unwrap();
    let file = folder.path().join("master.key");
    for exposed in [0o644, 0o640, 0o604] {
        std::fs::set_permissions(&file, Permissions::from_mode(exposed)).unwrap();
        let sentence = sentence(start(folder.path(), &store).await);
        assert!(sentence.contains(&format!("chmod 600 {}", file.display())), "{sentence}");
    }
    std::fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
    assert!(sentence(start(folder.path(), &store).await).contains("chmod 700"));
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
    start(folder.path(), &store).await.unwrap();
}

#[tokio::test]
async fn of_another_length_is_refused() {
    let (folder, store) = (tempfile::tempdir().unwrap(), store());
    start(folder.path(), &store).await.unwrap();
    for length in [0, 31, 33, 4_096] {
        std::fs::write(folder.path().join("master.key"), vec![7; length]).unwrap();
        assert!(sentence(start(folder.path(), &store).await).contains("32 bytes"), "{length}");
    }
}

/// A kill at any moment of the first start is mended by the next one.
#[tokio::test]
async fn survives_a_kill_during_the_first_start() {
    let (folder, store) = (tempfile::tempdir().unwrap(), store());
    std::fs::write(folder.path().join("master.new"), b"half").unwrap();
    start(folder.path(), &store).await.unwrap();
    assert!(!folder.path().join("master.new").exists());
    // Killed after the file was made, before the store got its proof.
    start(folder.path(), &super::store()).await.unwrap();
}
