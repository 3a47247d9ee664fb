//! Logs that cannot be forged, and health that says no more than it must.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use keyward::foundation::Timestamp;
use keyward::foundation::clock::ManualClock;
use keyward::telemetry::health::{self, Check, Health};
use keyward::telemetry::log::SafeLines;

use crate::support::raw;
use crate::support::shell;

#[test]
fn r_au_03_no_input_breaks_or_disguises_a_line() {
    let mut written = Vec::new();
    let hostile =
        "name=a\r\nINFO forged \u{1b}[31m \u{202e}desrever \u{0} \u{85} \u{2028} \u{200b} plain ü\n";
    SafeLines::new(&mut written)
        .write_all(hostile.as_bytes())
        .unwrap();
    let expected = "name=a\\u000d\\u000aINFO forged \\u001b[31m \\u202edesrever \\u0000 \\u0085 \\u2028 \\u200b plain ü\n";
    assert_eq!(String::from_utf8(written).unwrap(), expected);
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
        if self.on.load(Ordering::SeqCst) {
            Ok(())
        } else {
            Err("the secret reason".to_owned())
        }
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
    assert!(
        !Health::new(Arc::new(ManualClock::new(Timestamp(0))))
            .is_ready()
            .await
    );
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
