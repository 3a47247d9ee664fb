//! The administrators' listener of the real program: figures in the text format of Prometheus, and nothing about anybody
//! (R-OP-05, R-OP-06).

use std::net::SocketAddr;
use std::time::Duration;

use keyward::config::admin::Admin;
use keyward::foundation::Timestamp;
use keyward::foundation::clock::ManualClock;

use crate::support::browser::Browser;
use crate::support::prepared::{finish, prepare};
use crate::support::program::{Installed, Serving};
use crate::support::prometheus::Exposition;
use crate::support::raw::{self, Answer};
use crate::support::relying_party::RelyingParty;

fn free() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// An installation whose administrators' listener is at the address.
fn installed() -> (Installed, SocketAddr) {
    let admin = free();
    (Installed::with(&format!("[log]\nlevel = \"warn\"\n[admin]\nlisten = \"{admin}\"")), admin)
}

async fn ask(admin: SocketAddr, path: &str) -> Answer {
    raw::send(admin, raw::get("monitoring.example.com", path, "")).await
}

async fn figures(admin: SocketAddr) -> (Exposition, String) {
    let answer = raw::send(admin, raw::get(&admin.to_string(), "/metrics", "")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let read = Exposition::read(&answer.body).unwrap_or_else(|wrong| panic!("{wrong}\n{}", answer.body));
    (read, answer.body)
}

#[tokio::test]
async fn r_op_06_a_sign_in_shows_in_the_figures_and_the_person_does_not() {
    let (at, admin) = installed();
    let (ada, registered) = prepare(&at).await;
    let issuer = at.issuer();
    let wiki = RelyingParty::of(registered, &issuer);
    let _serving: Serving = at.serve().await;
    let mut browser = Browser::new();
    let request = wiki.request();
    let page = browser.open(request.url()).await;
    let wrong = [("username", "ada"), ("password", "Summer 2026 in Rome")];
    let page = browser.submit(&page, "login", &wrong).await;
    let page = finish(&mut browser, &page, &ada).await;
    wiki.complete(&request, &page).await;
    browser.get(format!("{issuer}/no/such/path/of-ada")).await;

    // Events are counted when they are linked, within a second.
    let linked = async {
        loop {
            let (read, text) = figures(admin).await;
            if read.sum("keyward_events_total", &[("action", "token_issued")]) >= 1.0 {
                return (read, text);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let (read, text) =
        tokio::time::timeout(Duration::from_secs(20), linked).await.expect("no event is counted");
    let event =
        |action, outcome| read.sum("keyward_events_total", &[("action", action), ("outcome", outcome)]);
    assert_eq!((event("password_check", "failure"), event("password_check", "success")), (1.0, 1.0));
    assert_eq!((event("factor_check", "success"), event("sign_in", "success")), (1.0, 1.0));
    assert!(event("token_issued", "success") >= 1.0);
    let requests = |labels: &[(&str, &str)]| read.sum("keyward_http_requests_total", labels);
    assert_eq!(requests(&[("route", "/token"), ("method", "POST"), ("status", "2xx")]), 1.0);
    assert_eq!(requests(&[("route", "none"), ("status", "4xx")]), 1.0);
    assert_eq!(read.sum("keyward_http_request_seconds_count", &[("route", "/token")]), 1.0);
    assert!(read.sum("keyward_storage_commits_total", &[("outcome", "done")]) >= 4.0);
    assert!(read.sum("keyward_storage_rounds_total", &[]) >= 4.0);
    assert!(read.sum("keyward_storage_commit_seconds_count", &[]) >= 4.0);
    assert_eq!(read.sum("keyward_password_hashes_total", &[]), 2.0);
    assert!(read.sum("keyward_connections", &[("listener", "public")]) >= 1.0);
    assert_eq!(read.sum("keyward_connections", &[("listener", "admin")]), 1.0);
    assert_eq!(read.sum("keyward_build_info", &[("version", env!("CARGO_PKG_VERSION"))]), 1.0);
    assert_eq!(read.sum("keyward_ready", &[]), 1.0);
    for figure in ["audit_unlinked", "set_aside_records", "jobs_waiting", "jobs_oldest_seconds"] {
        let name = format!("keyward_{figure}");
        assert_eq!(read.samples.iter().filter(|sample| sample.name == name).count(), 1, "{name}");
    }
    for word in ["ada", ada.id.as_str(), &wiki.id, "127.0.0.1", "wiki"] {
        assert!(!text.contains(word), "{word} stands in\n{text}");
    }
}

#[tokio::test]
async fn r_op_06_labels_are_words_of_ours_whatever_is_asked() {
    let (at, admin) = installed();
    let _serving = at.serve().await;
    let address: SocketAddr = at.issuer().replace("http://localhost", "127.0.0.1").parse().unwrap();
    let host = at.issuer().replace("http://", "");
    for (method, path) in [("BREW", "/live"), ("GET", "/x\"y"), ("GET", "/%00"), ("PUT", "/token")] {
        let text = raw::get(&host, path, "").replacen("GET", method, 1);
        raw::send_for_text(address, text).await;
    }
    let (read, text) = figures(admin).await;
    let words = |label: &str| {
        read.samples.iter().filter_map(|sample| sample.labels.get(label)).cloned().collect::<Vec<_>>()
    };
    assert!(!text.contains("BREW") && !text.contains("%00"), "{text}");
    assert!(words("method").iter().all(|method| ["GET", "POST", "HEAD", "other"].contains(&method.as_str())));
    assert!(words("status").iter().all(|class| class.ends_with("xx")));
    assert!(words("route").contains(&"none".to_owned()));
}

#[tokio::test]
async fn r_op_05_health_answers_there_and_nothing_else_does() {
    let (at, admin) = installed();
    let _serving = at.serve().await;
    assert_eq!((ask(admin, "/live").await.status, ask(admin, "/ready").await.status), (200, 200));
    for path in ["/", "/authorize", "/.well-known/openid-configuration", "/token"] {
        assert_eq!(ask(admin, path).await.status, 404, "{path}");
    }
    assert_eq!(
        ask(admin, "/metrics").await.status,
        421,
        "a web page that led its own name here would read them"
    );
    // Nor do the figures stand where everybody looks.
    let address: SocketAddr = at.issuer().replace("http://localhost", "127.0.0.1").parse().unwrap();
    let host = at.issuer().replace("http://", "");
    assert_eq!(raw::send(address, raw::get(&host, "/metrics", "")).await.status, 404);
}

#[tokio::test]
async fn a_taken_port_is_refused_where_it_was_asked_for() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let admin = taken.local_addr().unwrap();
    let at = Installed::with(&format!("[admin]\nlisten = \"{admin}\""));
    let said = at.refused(&["serve"]);
    assert!(
        said.contains(&format!("cannot listen on {admin} (")) && said.contains("change admin.listen"),
        "{said}"
    );
    let at = Installed::with("[admin]\nlisten = \"off\"");
    let said = String::from_utf8(at.serve().await.stop().stdout).unwrap();
    assert!(said.contains("metrics      off"), "{said}");
}

#[test]
fn r_op_06_only_this_machine_and_named_networks_are_admitted() {
    let networks = vec!["10.1.0.0/16".parse().unwrap()];
    let admin = Admin { listen: None, asked_for: true, networks };
    let admits = |address: &str| admin.admits(address.parse().unwrap());
    assert!(admits("127.0.0.1") && admits("::1") && admits("10.1.2.3") && admits("::ffff:10.1.2.3"));
    assert!(!admits("10.2.0.1") && !admits("192.0.2.1") && !admits("2001:db8::1"));
}

#[tokio::test]
async fn r_op_05_a_clock_before_the_program_was_written_is_not_ready() {
    let clock = std::sync::Arc::new(ManualClock::new(Timestamp(1_600_000_000_000)));
    let store = keyward::storage::memory::open(clock.clone());
    let app = crate::support::app::start_over(store, clock.clone(), |_| {}).await;
    assert!(!app.app.health.is_ready().await);
    clock.advance(Duration::from_secs(10 * 366 * 86400));
    assert!(app.app.health.is_ready().await);
}
