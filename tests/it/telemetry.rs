//! Logs that cannot be forged, and health that says no more than it must.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::routing::get;
use keyward::config::log::{Format, Level, Log};
use keyward::foundation::Timestamp;
use keyward::foundation::clock::ManualClock;
use keyward::telemetry::health::{self, Check, Health};
use keyward::telemetry::log::{SafeLines, subscriber};
use keyward::web::Failure;

use crate::support::raw;
use crate::support::shell;

#[test]
fn r_au_03_no_input_breaks_or_disguises_a_line() {
    let mut written = Vec::new();
    let hostile =
        "name=a\r\nINFO forged \u{1b}[31m \u{202e}desrever \u{0} \u{85} \u{2028} \u{200b} plain ü\n";
    SafeLines::new(&mut written).write_all(hostile.as_bytes()).unwrap();
    let expected = "name=a\\u000d\\u000aINFO forged \\u001b[31m \\u202edesrever \\u0000 \\u0085 \\u2028 \\u200b plain ü\n";
    assert_eq!(String::from_utf8(written).unwrap(), expected);
}

/// What was logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The log of one request for `path`, answered by a failure with a hostile detail.
async fn log_of(path: &str, format: Format) -> (String, String) {
    let lines = Lines::default();
    let target = lines.clone();
    let settings = Log { format, level: Level::Info };
    let _guard = tracing::subscriber::set_default(subscriber(&settings, move || target.clone()));
    let refuse = || async { Failure::page("unknown_application", "odd\r\n{\"forged\":1} \u{1b}[2J") };
    let server = shell::start(Router::new().route("/refuse/{secret}", get(refuse))).await;
    let answer =
        server.get(path, "Cookie: __Host-session=kwsSecret\r\nAuthorization: Basic secret\r\n").await;
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    (answer.header("x-request-id").unwrap().to_owned(), text)
}

#[tokio::test]
async fn r_au_04_logs_bear_the_request_id_and_no_secret() {
    for format in [Format::Text, Format::Json] {
        let (id, log) = log_of("/refuse/secret?code=secret", format).await;
        assert_eq!(log.lines().count(), 2, "{log}");
        assert!(log.lines().all(|line| line.contains(&id) && line.contains("/refuse/{secret}")), "{log}");
        let named = log.replace("/refuse/{secret}", "");
        assert!(!named.to_lowercase().contains("secret") && !log.contains('?'), "{log}");
        assert!(!log.contains('\r') && !log.contains('\u{1b}'), "{log}");
    }
}

#[tokio::test]
async fn r_au_03_json_is_one_object_a_line() {
    let (id, log) = log_of("/refuse/x", Format::Json).await;
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["detail"], "odd\r\n{\"forged\":1} \u{1b}[2J");
    assert_eq!((&lines[0]["status"], &lines[0]["level"]), (&400.into(), &"INFO".into()));
    assert_eq!(lines[0]["span"]["id"], id.as_str());
    assert_eq!(lines[1]["status"], 400);
}

#[derive(Clone, Default)]
struct Switch {
    on: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
}

#[async_trait]
impl Check for Switch {
    async fn check(&self) -> Result<(), String> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.on.load(Ordering::SeqCst) { Ok(()) } else { Err("the secret reason".to_owned()) }
    }
}

#[tokio::test]
async fn r_op_05_ready_only_when_all_checks_pass_and_asked_at_most_once_a_second() {
    let clock = Arc::new(ManualClock::new(Timestamp(1_000_000)));
    let (first, second) = (Switch::default(), Switch::default());
    let mut health = Health::new(clock.clone());
    health.register("storage", first.clone());
    health.register("keys", second.clone());
    first.on.store(true, Ordering::SeqCst);
    assert!(!health.is_ready().await);
    second.on.store(true, Ordering::SeqCst);
    assert!(!health.is_ready().await, "the answer counts for a second");
    assert_eq!(second.asked.load(Ordering::SeqCst), 1);
    clock.advance(Duration::from_secs(1));
    assert!(health.is_ready().await);
}

#[tokio::test]
async fn r_op_05_without_checks_nothing_is_ready() {
    assert!(!Health::new(Arc::new(ManualClock::new(Timestamp(0)))).is_ready().await);
}

#[tokio::test]
async fn r_op_05_live_and_ready_answer_under_any_host_and_say_nothing_else() {
    let switch = Switch::default();
    let clock = Arc::new(ManualClock::new(Timestamp(0)));
    let mut health = Health::new(clock.clone());
    health.register("storage", switch.clone());
    let server = shell::start(health::routes(Arc::new(health))).await;
    let ask = async |path: &str| raw::send(server.address, raw::get("10.0.0.1", path, "")).await;
    let live = ask("/live").await;
    assert_eq!((live.status, live.body.as_str()), (200, "live\n"));
    assert_eq!(live.header("server"), None);
    let ready = ask("/ready").await;
    assert_eq!((ready.status, ready.body.as_str()), (503, "not ready\n"));
    switch.on.store(true, Ordering::SeqCst);
    clock.advance(Duration::from_secs(1));
    let ready = ask("/ready").await;
    assert_eq!((ready.status, ready.body.as_str()), (200, "ready\n"));
}

#[tokio::test]
async fn what_is_impaired_is_named_to_administrators_and_holds_up_nobody() {
    let (all, lesser) = (Switch::default(), Switch::default());
    all.on.store(true, Ordering::SeqCst);
    let mut health = Health::new(Arc::new(ManualClock::new(Timestamp(0))));
    health.register("storage", all);
    health.register_lesser("mail", lesser.clone());
    assert_eq!(health.impaired().await, [("mail", "the secret reason".to_owned())]);
    let server = shell::start(health::routes(Arc::new(health))).await;
    let ask = async || raw::send(server.address, raw::get("10.0.0.1", "/ready", "")).await;
    let ready = ask().await;
    assert_eq!((ready.status, ready.body.as_str()), (200, "ready, but impaired\n"));
    lesser.on.store(true, Ordering::SeqCst);
    assert_eq!(ask().await.body, "ready\n");
}
