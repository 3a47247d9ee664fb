//! `backup.make`: never a file without its event, and a stop ends what is under way (R-AU-05, R-OP-07).

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use keyward::commands::{Administrator, Request};
use keyward::foundation::Timestamp;
use keyward::foundation::clock::ManualClock;
use keyward::server::{AdminSocket, Stop, admin_socket};
use keyward::storage::backup::key::Identity;
use keyward::storage::{self, SharedStore};
use serde_json::json;

use crate::support::app::{self, TestApp};
use crate::support::endless::Endless;
use crate::support::mailbox::eventually;
use crate::support::watched::Watched;

fn store() -> (SharedStore, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000_000)));
    (storage::memory::open(clock.clone()), clock)
}

fn make(file: &Path) -> Request {
    let recipient = Identity::generate().recipient().to_string();
    Request { command: "backup.make".to_owned(), arguments: json!({"recipient": recipient, "file": file}) }
}

async fn events(app: &TestApp) -> usize {
    app.events().await.iter().filter(|event| event["action"] == "backup_made").count()
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

#[tokio::test(flavor = "multi_thread")]
async fn r_au_05_a_backup_has_no_name_before_its_event_is_written() {
    let (inner, clock) = store();
    let watched = Arc::new(Watched::new(inner));
    let app = app::start_over(watched.clone(), clock, |_| {}).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup");
    for done in [false, true] {
        let before = watched.commits();
        watched.stop_at_commit(1, done);
        let (registry, request) = (app.app.commands(), make(&file));
        let asked =
            tokio::spawn(async move { registry.perform(Administrator::Operator, request).await.map(drop) });
        eventually("the event is to be written", || watched.commits() > before).await;
        let written = async {
            while events(&app).await < usize::from(done) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), written).await.expect("the event is not written");
        assert!(!file.exists(), "a file before its commit was answered");
        // As a kill at this moment, but for the file that a kill would leave.
        asked.abort();
        eventually("nothing is left of it", || is_empty(folder.path())).await;
    }
    assert_eq!(events(&app).await, 1);
    app.app.commands().perform(Administrator::Operator, make(&file)).await.unwrap();
    assert!(file.exists());
    assert_eq!(events(&app).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn r_op_07_a_stop_ends_a_backup_that_is_under_way() {
    let (inner, clock) = store();
    let endless = Arc::new(Endless::over(inner));
    let app = app::start_over(endless.clone(), clock, |_| {}).await;
    let (data, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let socket = AdminSocket::open(data.path()).unwrap();
    let (stop, stopping) = Stop::new();
    let serving = tokio::spawn(socket.serve(app.app.commands(), stopping));
    let (place, request) = (data.path().to_owned(), make(&folder.path().join("backup")));
    let asked = tokio::spawn(async move { admin_socket::ask(&place, &request).await.map(drop) });
    endless.begun().await;
    stop.ask();
    stop.ask();
    serving.await.unwrap();
    endless.ended().await;
    eventually("nothing is left of it", || is_empty(folder.path())).await;
    assert!(asked.await.unwrap().is_err(), "nobody was told that it was done");
}
