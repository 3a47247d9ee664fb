//! The one HTTP client: where it goes (R-OB-01, R-CO-11), and what it bears.

use std::net::IpAddr;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::get;
use keyward::config::Site;
use keyward::outbound::address::{AddressRules, kind};
use keyward::outbound::{LARGEST_ANSWER, Outbound, OutboundError};
use url::Url;

fn site(issuer: &str) -> Site {
    Site::new(issuer).unwrap()
}

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn verdict(rules: &AddressRules, address: &str, resolved: &[&str]) -> bool {
    let ips: Vec<IpAddr> = resolved.iter().map(|ip| ip.parse().unwrap()).collect();
    rules.target(&url(address)).and_then(|target| rules.admit(&target, &ips)).is_ok()
}

#[test]
fn r_ob_01_unfit_addresses_have_a_kind_and_public_ones_none() {
    let unfit = [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.170",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.1.1.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
        "::ffff:8.8.8.8",
        "::ffff:127.0.0.1",
        "64:ff9b::808:808",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2001::1",
        "2001:db8::1",
        "fec0::1",
        "::8.8.8.8",
        "100::1",
        "3fff::1",
    ];
    for address in unfit {
        assert!(kind(address.parse().unwrap()).is_some(), "{address} must be refused");
    }
    for address in
        ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2a00:1450:4001::1"]
    {
        assert_eq!(kind(address.parse().unwrap()), None, "{address} is public");
    }
}

#[test]
fn r_ob_01_one_bad_address_among_good_ones_spoils_all() {
    let rules = AddressRules::of(&site("https://id.example.com"));
    assert!(verdict(&rules, "https://example.org/", &["8.8.8.8"]));
    assert!(!verdict(&rules, "https://example.org/", &["8.8.8.8", "10.0.0.1"]));
    assert!(!verdict(&rules, "https://example.org/", &[]));
}

#[test]
fn r_ob_01_what_an_administrator_entered_counts_for_that_host_and_port_only() {
    let rules =
        AddressRules::of(&site("https://id.example.com")).entered(&url("http://ldap.corp.example:8080/x"));
    assert!(verdict(&rules, "http://ldap.corp.example:8080/y", &["10.0.0.1"]));
    assert!(!verdict(&rules, "http://ldap.corp.example:8081/y", &["10.0.0.1"]));
    assert!(!verdict(&rules, "https://ldap.corp.example/", &["10.0.0.1"]));
    assert!(!verdict(&rules, "http://other.corp.example:8080/", &["10.0.0.1"]));
}

#[test]
fn r_ob_01_plain_http_other_schemes_and_user_names_are_refused() {
    let rules = AddressRules::of(&site("https://id.example.com"));
    for address in
        ["http://example.org/", "ftp://example.org/", "https://u:p@example.org/", "https://u@example.org/"]
    {
        assert!(!verdict(&rules, address, &["8.8.8.8"]), "{address}");
    }
}

#[test]
fn r_co_11_loopback_mode_reaches_host_localhost_and_nothing_else() {
    let rules = AddressRules::of(&site("http://localhost:8443"));
    assert!(verdict(&rules, "http://localhost:9000/", &["127.0.0.1", "::1"]));
    assert!(!verdict(&rules, "http://127.0.0.1:9000/", &["127.0.0.1"]));
    assert!(!verdict(&rules, "http://localhost:9000/", &["127.0.0.1", "8.8.8.8"]));
    assert!(!verdict(&rules, "https://example.org/", &["8.8.8.8"]));
    let elsewhere = AddressRules::of(&site("https://id.example.com"));
    assert!(!verdict(&elsewhere, "https://localhost/", &["127.0.0.1"]));
}

/// A server on loopback with a redirect, a large answer and a mirror of the request's cookies.
async fn server() -> String {
    let routes = Router::new()
        .route("/away", get(|| async { (StatusCode::FOUND, [(header::LOCATION, "/large")]) }))
        .route("/large", get(|| async { vec![b'x'; LARGEST_ANSWER + 1] }))
        .route("/just", get(|| async { ([(header::SET_COOKIE, "a=b")], vec![b'x'; LARGEST_ANSWER]) }))
        .route(
            "/cookies",
            get(|headers: HeaderMap| async move { format!("{:?}", headers.get(header::COOKIE)) }),
        );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    base
}

#[tokio::test]
async fn r_ob_01_follows_no_redirect_keeps_no_cookie_and_caps_the_answer() {
    let base = server().await;
    let client = Outbound::new(AddressRules::of(&site("http://localhost:8443")));
    let ask = async |path: &str| client.get(&url(&format!("{base}{path}")), HeaderMap::new()).await;
    assert_eq!(ask("/away").await.unwrap().status, StatusCode::FOUND);
    assert_eq!(ask("/just").await.unwrap().body.len(), LARGEST_ANSWER);
    assert!(matches!(ask("/large").await, Err(OutboundError::TooLarge(_))));
    assert_eq!(ask("/cookies").await.unwrap().body, b"None");
}

#[tokio::test]
async fn r_ob_01_a_refused_address_is_never_connected_to() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let client = Outbound::new(AddressRules::of(&site("http://localhost:8443")));
    let refused = client.get(&url(&format!("http://127.0.0.1:{port}/")), HeaderMap::new()).await;
    assert!(matches!(refused, Err(OutboundError::Refused(_))));
    let nobody = tokio::time::timeout(std::time::Duration::from_millis(100), listener.accept()).await;
    assert!(nobody.is_err(), "somebody connected");
}
