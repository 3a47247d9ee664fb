//! The move of a data folder: the old store is marked and opens no more, whichever engines it went between (R-CO-03, R-OP-09).

use std::path::Path;
use std::sync::Arc;

use keyward::config::storage::EngineName;
use keyward::foundation::clock::ManualClock;
use keyward::storage::backup::{BackupError, Summary};
use keyward::storage::moving::{self, DataFolder};
use keyward::storage::{self, Batch, SharedStore, StorageError};

use super::backup::fill;
use super::{Bench, START, key, note};

async fn carry_over(
    from: (&Path, EngineName),
    to: (&Path, EngineName),
    with: Batch,
) -> Result<Summary, BackupError> {
    let place = |(path, engine)| DataFolder { path, engine };
    moving::carry_over(place(from), place(to), async |_| Ok(with), Arc::new(ManualClock::new(START))).await
}

fn open(folder: &Path, engine: EngineName) -> Result<SharedStore, StorageError> {
    storage::open(engine, folder, storage::redb::CACHE_BYTES, Arc::new(ManualClock::new(START)))
}

#[tokio::test]
async fn an_old_store_opens_no_more_and_says_where_its_data_is() {
    for from in EngineName::ALL {
        for to in EngineName::ALL {
            let mut bench = Bench::on(from);
            fill(&bench).await;
            let old = bench.folder.take().unwrap();
            drop(bench);
            let parent = tempfile::tempdir().unwrap();
            let new = parent.path().join("new");
            let mut with = Batch::new();
            with.put(key("moved"), &note("remembered"), None);
            carry_over((old.path(), from), (&new, to), with).await.unwrap();

            let refused = open(old.path(), from).unwrap_err();
            assert!(matches!(refused, StorageError::Moved(_)), "{refused}");
            let sentence = refused.to_string();
            assert!(
                sentence.contains(new.to_str().unwrap()) && sentence.contains("to go back"),
                "{sentence}"
            );
            let again = parent.path().join("again");
            let refused = carry_over((old.path(), from), (&again, to), Batch::new()).await.unwrap_err();
            assert!(matches!(refused, BackupError::Storage(StorageError::Moved(_))), "{refused}");
            assert!(!again.exists());

            let store = open(&new, to).unwrap();
            assert_eq!(
                store.fetch::<super::Note>(&key("moved")).await.unwrap().unwrap().value,
                note("remembered")
            );
            assert_eq!(store.check().await.unwrap().problems, Vec::<String>::new());
            drop(store);
            // And back, to a folder of its own: that one opens.
            let back = parent.path().join("back");
            carry_over((&new, to), (&back, from), Batch::new()).await.unwrap();
            assert!(open(&new, to).is_err());
            open(&back, from).unwrap();
        }
    }
}

/// What does not come to its end leaves the old store as it was.
#[tokio::test]
async fn a_move_that_fails_marks_nothing() {
    let mut bench = Bench::redb();
    fill(&bench).await;
    let old = bench.folder.take().unwrap();
    drop(bench);
    let full = tempfile::tempdir().unwrap();
    std::fs::write(full.path().join("something"), b"").unwrap();
    let refused =
        carry_over((old.path(), EngineName::Redb), (full.path(), EngineName::Sled), Batch::new()).await;
    assert!(refused.unwrap_err().to_string().contains("is not empty"));
    open(old.path(), EngineName::Redb).unwrap();
}

/// An empty store that nobody asked for is no data to move.
#[tokio::test]
async fn a_folder_without_a_store_is_refused_and_none_is_founded() {
    let parent = tempfile::tempdir().unwrap();
    let (absent, empty) = (parent.path().join("absent"), parent.path().join("empty"));
    std::fs::create_dir(&empty).unwrap();
    for source in [&absent, &empty] {
        let into = parent.path().join("new");
        let refused = carry_over((source, EngineName::Redb), (&into, EngineName::Sled), Batch::new()).await;
        let sentence = refused.unwrap_err().to_string();
        assert!(sentence.contains("there is no data in"), "{sentence}");
        assert!(!into.exists() && !source.join("store.redb").exists());
    }
    assert!(!absent.exists());
}
