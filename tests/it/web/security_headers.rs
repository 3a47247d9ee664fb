//! Security headers, each asserted exactly (R-TR-02 to R-TR-05, R-TR-08).

use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::get;
use keyward::config::Site;
use keyward::foundation::random::SeededRandom;
use keyward::web::{Nonce, PagePolicy, page_response};
use url::Url;

use crate::support::raw;
use crate::support::shell::{Plan, start};

fn nonce() -> Nonce {
    Nonce::generate(&SeededRandom::new(1))
}

fn routes() -> Router {
    let page =
        || async { page_response(StatusCode::OK, "<p>hello".to_owned(), &nonce(), &PagePolicy::default()) };
    let cached = || async { ([(header::CACHE_CONTROL, "public, max-age=60")], "cached") };
    Router::new()
        .route("/page", get(page))
        .route("/data", get(|| async { "data" }))
        .route("/cached", get(cached))
}

const COMMON: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=(), publickey-credentials-create=(self), publickey-credentials-get=(self)",
    ),
    ("x-frame-options", "DENY"),
];

#[tokio::test]
async fn r_tr_02_to_05_a_page_bears_exactly_these_headers() {
    let answer = start(routes()).await.get("/page", "").await;
    let n = nonce();
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{n}'; style-src 'self' 'nonce-{n}'; img-src 'self' data:; connect-src 'self'; \
         base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'"
    );
    let mut expected: Vec<(String, String)> =
        COMMON.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", policy.as_str()),
        ("cache-control", "no-store"),
        ("strict-transport-security", "max-age=63072000"),
        ("content-length", "8"),
        ("connection", "close"),
    ] {
        expected.push((name.to_owned(), value.to_owned()));
    }
    let varying = ["date", "x-request-id"];
    let mut found: Vec<_> =
        answer.headers.into_iter().filter(|(name, _)| !varying.contains(&name.as_str())).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn r_tr_04_every_other_answer_bears_them_too() {
    let server = start(routes()).await;
    for path in ["/data", "/nothing", "/live"] {
        let answer = server.get(path, "").await;
        for (name, value) in COMMON {
            assert_eq!(answer.header(name), Some(*value), "{path}: {name}");
        }
        let nothing = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        assert_eq!(answer.header("content-security-policy"), Some(nothing), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    }
    let cached = server.get("/cached", "").await;
    assert_eq!(cached.header("cache-control"), Some("public, max-age=60"), "a handler may allow it");
    let refused = raw::send(server.address, raw::get("evil.example", "/data", "")).await;
    assert_eq!((refused.status, refused.header("x-content-type-options")), (421, Some("nosniff")));
}

#[tokio::test]
async fn r_tr_02_no_hsts_in_loopback_mode() {
    let site = Site::new("http://localhost:8443").unwrap();
    let server = Plan { site, ..Plan::default() }.start(routes()).await;
    let answer = raw::send(server.address, raw::get("localhost:8443", "/page", "")).await;
    assert_eq!((answer.status, answer.header("strict-transport-security")), (200, None));
}

#[test]
fn r_tr_08_a_page_may_name_its_frames_and_its_one_form_target() {
    let url = |text| Url::parse(text).unwrap();
    let frames = [
        url("https://jira.example.com/logout?a=1"),
        url("https://jira.example.com/x"),
        url("http://localhost:9000/y"),
    ];
    let policy = PagePolicy::default().with_frames(&frames).content_security_policy(&nonce());
    assert!(
        policy.ends_with("; form-action 'self'; frame-src http://localhost:9000 https://jira.example.com"),
        "{policy}"
    );
    let policy = PagePolicy::default()
        .with_form_target(&url("https://jira.example.com/callback"))
        .content_security_policy(&nonce());
    assert!(policy.ends_with("; form-action https://jira.example.com"), "{policy}");
}

#[test]
fn an_address_cannot_add_to_the_policy() {
    let hostile = [
        "https://*.example.com/",
        "https://a.example.com;script-src/",
        "https://a'b.example.com/",
        "data:text/html,x",
        "javascript:alert(1)",
    ];
    for text in hostile {
        let Ok(address) = Url::parse(text) else { continue };
        let policy = PagePolicy::default()
            .with_frames([&address])
            .with_form_target(&address)
            .content_security_policy(&nonce());
        assert!(policy.ends_with("; form-action 'self'"), "{text}: {policy}");
    }
}

#[test]
fn nonces_differ() {
    let random = SeededRandom::new(7);
    assert_ne!(Nonce::generate(&random), Nonce::generate(&random));
    assert_eq!(Nonce::generate(&random).as_str().len(), 22);
}
