//! A kill between any two commits of an apply leaves the old configuration whole, and what is left over goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use keyward::configuration::Model;
use keyward::configuration::model::GroupEntry;
use keyward::foundation::Timestamp;
use keyward::storage::{Batch, CheckReport, ExportSink, Key, Outcome, Raw, SharedStore, StorageError, Store};
use tokio::sync::watch;

use super::{Place, apply, export, model};

/// A store that dies at one commit: before it is made, or after it is made and before that is told.
#[derive(Debug)]
struct Dying {
    inner: SharedStore,
    left: AtomicI64,
    after: bool,
}

#[async_trait]
impl Store for Dying {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Raw>>, StorageError> {
        self.inner.get(keys).await
    }

    async fn scan(
        &self,
        prefix: &Key,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Raw)>, StorageError> {
        self.inner.scan(prefix, after, limit).await
    }

    async fn commit(&self, batch: Batch) -> Result<Outcome, StorageError> {
        let left = self.left.fetch_sub(1, Ordering::SeqCst);
        if left == 0 && self.after {
            self.inner.commit(batch).await?;
        } else if left > 0 {
            return self.inner.commit(batch).await;
        }
        Err(StorageError::Failed("killed".to_owned()))
    }

    async fn sweep(&self, now: Timestamp, limit: usize) -> Result<usize, StorageError> {
        self.inner.sweep(now, limit).await
    }

    async fn export(&self, sink: &mut dyn ExportSink) -> Result<u64, StorageError> {
        self.inner.export(sink).await
    }

    async fn check(&self) -> Result<CheckReport, StorageError> {
        self.inner.check().await
    }

    fn failure(&self) -> watch::Receiver<Option<String>> {
        self.inner.failure()
    }
}

/// So many groups that a generation takes several commits, all of them named after `word`.
fn large(word: &str) -> Model {
    let groups = (0..950).map(|at| (format!("{word}{at}"), GroupEntry::default())).collect();
    let client = format!("[clients.{word}]\nredirect_uris = [\"https://{word}.example.com/cb\"]\n");
    Model { groups, ..model(&format!("[pages]\norganisation = \"{word}\"\n{client}")) }
}

async fn dies_at(commit: i64, after: bool) -> bool {
    let place = Place::new();
    let first = place.start().await;
    apply(&first, large("old")).await.unwrap();
    let old = export(&first).await;
    drop(first);
    let dying = Arc::new(Dying { inner: place.store.clone(), left: AtomicI64::new(i64::MAX), after });
    let app = place.start_over(dying.clone()).await;
    dying.left.store(commit, Ordering::SeqCst);
    let done = apply(&app, large("new")).await.is_ok();
    drop(app);

    let app = place.start().await;
    let exported = export(&app).await;
    let told = events(&app, "configuration_applied").await;
    if exported == old {
        assert!(!done, "commit {commit}: acknowledged and lost");
        assert_eq!(told, 1, "an event of what was not done");
    } else {
        let new = large("new");
        assert_eq!(exported.pages, new.pages, "commit {commit}");
        assert!(
            exported.groups.keys().eq(new.groups.keys()) && exported.clients.keys().eq(new.clients.keys())
        );
        assert_eq!(told, 2, "no event of what was done");
    }
    assert_eq!(place.count("generation").await, 952, "commit {commit}: something is left over");
    assert_eq!(app.live.now().pages.organisation, exported.pages.organisation);
    apply(&app, large("next")).await.unwrap();
    assert_eq!(export(&app).await.pages.organisation, "next");
    done
}

async fn events(app: &keyward::app::App, action: &str) -> usize {
    let events = app.trail.read(&app.ground.store, None, 10_000).await.unwrap();
    let named = events.iter().filter(|(_, event)| serde_json::to_value(event.action).unwrap() == action);
    named.count()
}

#[tokio::test]
async fn a_kill_between_any_two_commits_leaves_the_old_or_the_new() {
    for after in [false, true] {
        let mut commit = 0;
        while !dies_at(commit, after).await {
            commit += 1;
            assert!(commit < 50, "an apply does not end");
        }
        assert!(commit >= 5, "an apply in {commit} commits proves nothing");
    }
}

#[tokio::test]
async fn what_was_replaced_is_cleared_once_no_request_can_need_it() {
    let place = Place::new();
    let app = place.start().await;
    apply(&app, model("[groups.a]\n")).await.unwrap();
    apply(&app, model("[groups.b]\n")).await.unwrap();
    assert_eq!(place.count("generation").await, 4, "two generations of a group and settings");
    app.configuration.clear_replaced().await.unwrap();
    assert_eq!(place.count("generation").await, 4, "a request may still be under way");
    place.clock.advance(std::time::Duration::from_secs(601));
    app.configuration.clear_replaced().await.unwrap();
    assert_eq!(place.count("generation").await, 2);
    assert!(export(&app).await.groups.contains_key("b"));
}
