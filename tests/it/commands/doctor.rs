//! The doctor: each thing that can be wrong, made wrong.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use keyward::commands::doctor::base_address::BaseAddress;
use keyward::commands::doctor::clock::ClockIsRight;
use keyward::commands::doctor::disk::Disk;
use keyward::commands::doctor::keys::SigningKeys;
use keyward::commands::doctor::mail::MailServer;
use keyward::commands::doctor::office::SomebodyAdministers;
use keyward::commands::doctor::store::StoreIsWhole;
use keyward::commands::doctor::{Check, Finding};
use keyward::config::{Settings, Site};
use keyward::foundation::Timestamp;
use keyward::foundation::clock::ManualClock;

use crate::support::app::{self, TestApp};

fn well(finding: &Finding) {
    assert!(matches!(finding, Finding::Well(_)), "{finding:?}");
}

fn wrong(finding: &Finding, told: &str, mend: &str) {
    let Finding::Wrong(sentence, remedy) = finding else { panic!("{finding:?}") };
    assert!(sentence.contains(told) && remedy.contains(mend), "{finding:?}");
}

fn base_address(app: &TestApp, issuer: &str) -> BaseAddress {
    let keyring = Arc::clone(app.app.rotation.keyring());
    BaseAddress { site: Arc::new(Site::new(issuer).unwrap()), keyring }
}

/// What answers at a free port with this body on every path.
async fn answering(status: u16, body: &'static str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let body = body.replace("ISSUER", &issuer);
    let status = axum::http::StatusCode::from_u16(status).unwrap();
    let router = Router::new().fallback(get(move || async move { (status, body) }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    issuer
}

#[tokio::test]
async fn the_base_address_must_lead_to_this_very_provider() {
    let app = app::start().await;
    well(&base_address(&app, &app.issuer).look().await);
    let other = app::start().await;
    wrong(
        &base_address(&app, &other.issuer).look().await,
        "another provider with other keys",
        "stop the other one",
    );
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = format!("http://localhost:{free}");
    wrong(&base_address(&app, &nobody).look().await, "no answer", "start the server");
    let elsewhere = answering(200, r#"{"issuer": "https://old.example.com"}"#).await;
    wrong(&base_address(&app, &elsewhere).look().await, "https://old.example.com", "set issuer");
    let page = answering(200, "<h1>It works!</h1>").await;
    wrong(&base_address(&app, &page).look().await, "something else", "lead the name");
    let proxy = answering(502, "Bad Gateway").await;
    wrong(&base_address(&app, &proxy).look().await, "502", "[proxies]");
    let half = answering(200, r#"{"issuer": "ISSUER", "jwks_uri": "nowhere"}"#).await;
    wrong(&base_address(&app, &half).look().await, "something else", "lead the name");
}

#[tokio::test]
async fn a_clock_before_what_happened_is_wrong() {
    let app = app::start().await;
    let link = app.app.first_administrator.offer(keyward::audit::Actor::System).await.unwrap();
    assert!(link.is_some());
    let look = |clock: Arc<ManualClock>, written: i64| {
        let (store, trail) = (app.store().clone(), app.app.trail.clone());
        let check = ClockIsRight { clock, written: Timestamp(written), store, trail };
        async move { check.look().await }
    };
    well(&look(app.clock.clone(), 0).await);
    let behind = |seconds: i64| Arc::new(ManualClock::new(Timestamp((app.now() - seconds) * 1000)));
    well(&look(behind(59), 0).await);
    wrong(&look(behind(61), 0).await, "something happened at 2027", "NTP");
    wrong(&look(app.clock.clone(), app.now() * 1000 + 1).await, "before this program was written", "NTP");
}

#[tokio::test]
async fn disk_keys_store_and_office_are_looked_at() {
    let app = app::start().await;
    let folder = tempfile::tempdir().unwrap();
    let disk = |folder: PathBuf, least| async move { Disk { folder, least }.look().await };
    well(&disk(folder.path().to_owned(), 0).await);
    wrong(&disk(folder.path().to_owned(), u64::MAX).await, "MiB are free", "make room");
    wrong(&disk("/nowhere/at/all".into(), 0).await, "/nowhere/at/all", "exists");
    let keys = SigningKeys { rotation: app.app.rotation.clone() };
    well(&keys.look().await);
    well(&StoreIsWhole { store: app.store().clone() }.look().await);
    let office = SomebodyAdministers { first: app.app.first_administrator.clone() };
    wrong(&office.look().await, "no administrator", "keyward setup");
    app.person("ann").await;
    app.perform(keyward::commands::office::Add { user: "ann".to_owned() }).await.unwrap();
    well(&office.look().await);
}

#[tokio::test]
async fn a_mail_server_that_does_not_answer_is_wrong_and_none_is_skipped() {
    assert!(matches!(MailServer { settings: None }.look().await, Finding::Skipped(_)));
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let text = format!(
        "[mail]\nhost = \"localhost\"\nport = {free}\nencryption = \"none\"\nsender = \"keyward@example.com\"\n"
    );
    let settings = Settings::parse("test.toml", std::path::Path::new("/tmp"), &text).unwrap().mail;
    wrong(&MailServer { settings }.look().await, "localhost", "keyward mail test");
}
