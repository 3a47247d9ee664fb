//! Who asks: what is printed of a request (R-KS-06), and what its address permits (R-EN-02).

use axum::Router;
use axum::routing::get;
use keyward::config::Settings;
use keyward::config::proxies::Proxies;
use keyward::web::Visitor;
use reqwest::header::{HeaderMap, HeaderValue};

use crate::support::app;
use crate::support::browser::Browser;
use crate::support::page::Page;
use crate::support::shell::start;

#[tokio::test]
async fn r_ks_06_a_visitor_is_printed_without_secrets() {
    let routes =
        Router::new().route("/", get(|visitor: Visitor| async move { format!("{visitor:?} {visitor:#?}") }));
    let server = start(routes).await;
    let headers = "Cookie: __Host-keyward-session=canary-cookie\r\nAuthorization: Bearer canary-token\r\n\
                   Proxy-Authorization: canary-proxy\r\nReferer: https://a.example/?code=canary-code\r\n";
    let answer = server.get("/", headers).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("127.0.0.1"), "{}", answer.body);
    assert!(!answer.body.contains("canary"), "{}", answer.body);
}

/// The page after the right password of a person without a second factor, behind a proxy on this machine that adds
/// `hops`. The loopback and 10.0.0.0/8 may enrol by password.
async fn after_password(hops: &[u8]) -> Page {
    let behind = |settings: &mut Settings| {
        settings.proxies = Proxies { trusted: vec!["127.0.0.1/32".parse().unwrap()], ..Proxies::none() };
        settings.policy.first_enrolment_by_password =
            vec!["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
    };
    let app = app::start_with(behind).await;
    let ada = app.person_without_factor("ada").await;
    let wiki = app.application().await;
    let mut browser = Browser::new();
    browser.headers =
        HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), HeaderValue::from_bytes(hops).unwrap())]);
    let page = browser.open(wiki.request().url()).await;
    browser.sign_in(&app, page, &ada).await
}

#[tokio::test]
async fn r_en_02_a_proxys_address_permits_no_enrolment() {
    assert!(after_password(b"\xff, 10.1.2.3").await.has("enrol"), "a person of the network");
    for hops in [b"\xff".as_slice(), b"\xff, 203.0.113.9", b"127.0.0.1", b"unknown"] {
        let page = after_password(hops).await;
        assert!(!page.has("enrol"), "{hops:?}: {}", page.body);
        assert!(page.location().is_none() && page.hand_over().is_none(), "{hops:?}");
    }
}
