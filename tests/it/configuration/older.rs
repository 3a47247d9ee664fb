//! A store of the time before generations: its clients work, and go on working in the first generation.

use std::fs;
use std::path::Path;

use keyward::configuration::Model;
use keyward::foundation::ids::ClientId;
use keyward::storage::Key;

use super::{apply, export};
use crate::app::older_stores::{CLIENT_ID, CLIENT_SECRET, WRITTEN, open};

#[tokio::test]
async fn a_store_before_generations_goes_on_in_the_first_one() {
    let folder = tempfile::tempdir().unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stores/0.1.0/store.redb");
    fs::create_dir(folder.path().join("data")).unwrap();
    fs::copy(fixture, folder.path().join("data/store.redb")).unwrap();
    let id = ClientId::from_text(CLIENT_ID);

    let app = open(folder.path(), WRITTEN).await;
    let before = app.clients.find(&id).await.unwrap().expect("it is found where it stood");
    let exported = export(&app).await;
    assert!(exported.clients.contains_key(CLIENT_ID));
    let refused = apply(&app, Model::default()).await.unwrap_err().to_string();
    assert!(refused.contains("groups.jira-software-users is left out, but 1 person"), "{refused}");
    let applied = apply(&app, exported.clone()).await.unwrap();
    assert!(applied.made.is_empty() && applied.generation == 1);
    drop(app);

    let app = open(folder.path(), WRITTEN).await;
    let after = app.clients.find(&id).await.unwrap().expect("it is found in the first generation");
    assert!(after.accepts_secret(CLIENT_SECRET, WRITTEN));
    assert_eq!(before, after);
    assert_eq!(export(&app).await, exported);
    for kind in ["client", "group"] {
        let left = app.ground.store.scan(&Key::prefix(kind, &[]), None, 1).await.unwrap();
        assert!(left.is_empty(), "the start clears what the first generation replaced");
    }
}
