//! Signing out: faults that a security review found, each mended for good.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use keyward::audit::Action;
use keyward::foundation::clock::ManualClock;
use keyward::foundation::ids::{ClientId, SessionId};
use keyward::foundation::{Clock, Timestamp};
use keyward::storage::{
    self, Batch, CheckReport, ExportSink, Key, Outcome, Raw, Record, SharedStore, StorageError, Store,
};
use serde_json::{Value, json};

use super::review::{cross_site_post, reasons};
use crate::support::app::{self, TestApp};
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::relying_party::{RelyingParty, Request, SignedIn, web_application};

struct Run {
    app: TestApp,
    wiki: RelyingParty,
    browser: Browser,
    done: SignedIn,
}

impl Run {
    async fn new() -> Self {
        Self::on(app::start().await).await
    }

    async fn on(app: TestApp) -> Self {
        let ada = app.person("ada").await;
        let wiki = app.application().await;
        let mut browser = Browser::new();
        let done = wiki.sign_in(&app, &mut browser, &ada, wiki.request()).await;
        Self { app, wiki, browser, done }
    }

    fn request(&self) -> Request {
        let request = self.wiki.request().at(&self.app.url("/logout"));
        ["response_type", "redirect_uri", "scope", "nonce", "client_id"]
            .into_iter()
            .fold(request, Request::without)
            .with("id_token_hint", self.done.id_token())
            .with("post_logout_redirect_uri", "https://wiki.example.com/post_logout_redirect")
            .with("state", "s")
    }

    async fn is_signed_in(&mut self) -> bool {
        let page = self.browser.get(self.wiki.request().with("prompt", "none").url()).await;
        page.arrival().unwrap().get("code").is_some()
    }

    fn session(&self) -> SessionId {
        SessionId::from_text(self.done.claims["sid"].as_str().unwrap())
    }
}

fn is_back(page: &Page) -> bool {
    page.arrival().is_some_and(|arrival| {
        arrival.uri.as_str() == "https://wiki.example.com/post_logout_redirect?state=s"
    })
}

#[tokio::test]
async fn r_lo_01_the_sign_out_form_of_an_application_ends_the_session() {
    // M1: the POST arrives without cookies, so it is asked again as a navigation, which brings them.
    let mut run = Run::new().await;
    let page = cross_site_post(run.app.url("/logout"), &run.request().parameters).await;
    assert_eq!(page.status, 303, "{}", page.body);
    let target = page.location().unwrap();
    assert_eq!(target.path(), "/logout");
    let page = run.browser.open(target).await;
    assert!(is_back(&page), "{} {}", page.status, page.body);
    assert!(!run.is_signed_in().await);
}

#[tokio::test]
async fn r_lo_13_a_sign_out_form_too_long_for_a_query_ends_the_session_too() {
    let mut run = Run::new().await;
    let request = run.request().with("ui_locales", "a".repeat(9000));
    let page = cross_site_post(run.app.url("/logout"), &request.parameters).await;
    assert_eq!(page.form("form-post").fields, request.parameters);
    let page = run.browser.submit(&page, "form-post", &[]).await;
    assert!(is_back(&page), "{} {}", page.status, page.body);
    assert_eq!(page.status, 200, "after a form of ours a page hands over (R-TR-08)");
    assert!(!run.is_signed_in().await);
}

#[tokio::test]
async fn r_tr_08_after_the_confirmation_a_page_hands_over() {
    // M7: Chromium and WebKit apply the form's form-action to every redirect behind it.
    let mut run = Run::new().await;
    let request = run.request().without("id_token_hint").with("client_id", &run.wiki.id);
    let page = run.browser.open(request.url()).await;
    assert!(page.has("logout"), "{}", page.body);
    let page = run.browser.submit(&page, "logout", &[("action", "sign_out")]).await;
    assert_eq!((page.status.as_u16(), page.location()), (200, None));
    assert!(is_back(&page), "{}", page.body);
    assert!(!run.is_signed_in().await);
}

#[tokio::test]
async fn r_lo_03_a_link_with_a_hint_stays_a_plain_redirect() {
    let mut run = Run::new().await;
    let page = run.browser.open(run.request().url()).await;
    assert_eq!(page.status, 303);
    assert!(is_back(&page));
    let page = run.browser.open(run.request().url()).await;
    assert!(is_back(&page) && page.status == 303, "also when nobody is signed in");
}

#[tokio::test]
async fn r_lo_02_a_hint_for_an_unknown_application_signs_nobody_out_silently() {
    // L10
    let mut run = Run::new().await;
    let id = ClientId::from_text(&run.wiki.id);
    let clients = run.app.app.clients.clone();
    let known = clients.change(&id, Batch::new(), |client| client.enabled = false).await.unwrap();
    assert!(known.is_some());
    let page = run.browser.open(run.request().url()).await;
    assert!(page.has("logout"), "{} {:?}", page.status, page.location());
    clients.change(&id, Batch::new(), |client| client.enabled = true).await.unwrap();
    assert!(run.is_signed_in().await);
}

#[tokio::test]
async fn r_lo_13_no_number_of_applications_keeps_a_person_signed_in() {
    // L7: each takes a delete and an event with its marker; a batch holds 1,000 operations.
    let mut run = Run::new().await;
    let (sessions, session) = (run.app.app.sessions.clone(), run.session());
    for chunk in (0..1200).collect::<Vec<_>>().chunks(100) {
        let mut batch = Batch::new();
        for number in chunk {
            let client = ClientId::from_text(format!("client-{number:04}"));
            sessions.record_participant(&mut batch, &session, &client);
        }
        assert!(run.app.app.ground.store.commit(batch).await.unwrap().is_done());
    }
    let page = run.browser.open(run.request().url()).await;
    assert!(is_back(&page), "{} {}", page.status, page.body);
    assert!(!run.is_signed_in().await);
    assert_eq!(reasons(&run.app, Action::SignOutNotice).await.len(), 500);
}

#[tokio::test]
async fn r_lo_05_whoever_got_a_token_before_the_end_is_told() {
    // L7: a token is issued just after somebody has looked who takes part.
    let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000_000)));
    let late = Arc::new(Late {
        inner: storage::memory::open(clock.clone()),
        armed: AtomicBool::new(false),
        clock: clock.clone(),
    });
    let mut run = Run::on(app::start_over(late.clone(), clock, |_| {}).await).await;
    let mut metadata = web_application("https://board.example.com");
    metadata.client_name = Some("Latecomer".to_owned());
    metadata.frontchannel_logout_uri = Some("https://board.example.com/bye".to_owned());
    let board = run.app.application_like(metadata).await;
    let record = json!({ "session": run.session().as_str(), "client": board.id });
    let mut batch = Batch::new();
    batch.put(sneak(), &Note(record), None);
    late.commit(batch).await.unwrap();
    late.armed.store(true, Ordering::SeqCst);
    let page = run.browser.open(run.request().url()).await;
    assert!(!late.armed.load(Ordering::SeqCst), "nobody looked");
    let taken = Key::new("participant", &[run.session().as_str(), &board.id]);
    let took_part = late.inner.get(&[taken]).await.unwrap()[0].is_some();
    let told = page.body.contains("Latecomer");
    assert_eq!(told, took_part, "{}", page.body);
}

fn sneak() -> Key {
    Key::new("test-sneak", &[])
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Note(Value);

impl Record for Note {}

/// Records one more participant right after the first look at them, as a token request at that moment does.
#[derive(Debug)]
struct Late {
    inner: SharedStore,
    armed: AtomicBool,
    clock: Arc<ManualClock>,
}

impl Late {
    async fn issue(&self) {
        let Note(note) = self.inner.fetch::<Note>(&sneak()).await.unwrap().unwrap().value;
        let text = |name: &str| note[name].as_str().unwrap().to_owned();
        let mut batch = Batch::new();
        batch.require_present(Key::new("session", &[&text("session")]));
        let taken = Key::new("participant", &[&text("session"), &text("client")]);
        batch.put(taken, &Note(json!({ "last_token_at": self.clock.now() })), None);
        self.inner.commit(batch).await.unwrap();
    }
}

#[async_trait]
impl Store for Late {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Raw>>, StorageError> {
        self.inner.get(keys).await
    }

    async fn scan(
        &self,
        prefix: &Key,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Raw)>, StorageError> {
        let found = self.inner.scan(prefix, after, limit).await;
        let looks = prefix.as_bytes().starts_with(Key::prefix("participant", &[]).as_bytes());
        if looks && self.armed.swap(false, Ordering::SeqCst) {
            self.issue().await;
        }
        found
    }

    async fn commit(&self, batch: Batch) -> Result<Outcome, StorageError> {
        self.inner.commit(batch).await
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

    fn failure(&self) -> tokio::sync::watch::Receiver<Option<String>> {
        self.inner.failure()
    }
}
