//! The client's address: only declared proxies may say another than the peer's (R-RL-09).

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::routing::get;
use keyward::config::proxies::{ForwardedHeader, Proxies};
use keyward::web::client_ip::{ClientAddress, Peer, client_address};
use proptest::prelude::*;

use crate::support::shell::Plan;

fn proxies(header: ForwardedHeader) -> Proxies {
    Proxies { trusted: vec!["10.0.0.0/8".parse().unwrap(), "2001:db8:ffff::/48".parse().unwrap()], header }
}

fn client(peer: &str, header: ForwardedHeader, lines: &[(&'static str, &str)]) -> String {
    let lines: Vec<_> = lines.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
    found(peer, header, &lines).ip().to_string()
}

fn found(peer: &str, header: ForwardedHeader, lines: &[(&'static str, &[u8])]) -> ClientAddress {
    let headers: HeaderMap = lines
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap()))
        .collect();
    client_address(peer.parse().unwrap(), &headers, &proxies(header))
}

fn x(peer: &str, value: &str) -> String {
    client(peer, ForwardedHeader::XForwarded, &[("x-forwarded-for", value)])
}

fn forwarded(peer: &str, value: &str) -> String {
    client(peer, ForwardedHeader::Forwarded, &[("forwarded", value)])
}

#[test]
fn r_rl_09_undeclared_peers_are_not_believed() {
    assert_eq!(x("203.0.113.9", "192.0.2.1"), "203.0.113.9");
    assert_eq!(forwarded("203.0.113.9", "for=192.0.2.1"), "203.0.113.9");
    assert_eq!(x("::ffff:203.0.113.9", "192.0.2.1"), "203.0.113.9");
}

#[test]
fn r_rl_09_the_right_most_undeclared_hop_counts() {
    assert_eq!(x("10.0.0.5", "192.0.2.1"), "192.0.2.1");
    assert_eq!(x("::ffff:10.0.0.5", "192.0.2.1"), "192.0.2.1");
    assert_eq!(x("10.0.0.5", "127.0.0.1, 192.0.2.1, 10.9.9.9"), "192.0.2.1");
    assert_eq!(x("10.0.0.5", "198.51.100.7,192.0.2.1:4711"), "192.0.2.1");
    assert_eq!(x("10.0.0.5", "[2001:db8::1]:4711"), "2001:db8::1");
    assert_eq!(x("10.0.0.5", "10.1.1.1, 10.2.2.2"), "10.1.1.1");
    let lines = [("x-forwarded-for", "198.51.100.7"), ("x-forwarded-for", "192.0.2.1")];
    assert_eq!(
        client("10.0.0.5", ForwardedHeader::XForwarded, &lines),
        "192.0.2.1",
        "later lines stand to the right"
    );
    assert_eq!(
        forwarded("10.0.0.5", "for=198.51.100.7;proto=http, for=\"[2001:db8::1]:4711\";by=_x"),
        "2001:db8::1"
    );
    assert_eq!(forwarded("10.0.0.5", "For=192.0.2.1"), "192.0.2.1");
}

#[test]
fn r_rl_09_what_cannot_be_read_is_never_skipped() {
    for hop in [
        "unknown",
        "_hidden",
        "",
        "192.0.2.1.",
        "192.0.2.256",
        "192.0.2.1:x",
        "[2001:db8::1",
        "192.0.2.1 x",
        "ü",
    ] {
        assert_eq!(x("10.0.0.5", &format!("198.51.100.7, {hop}")), "10.0.0.5", "{hop}");
        assert_eq!(x("10.0.0.5", &format!("198.51.100.7, {hop}, 10.0.0.6")), "10.0.0.5", "{hop}");
    }
    for line in [
        "for=unknown",
        "for=",
        "by=10.0.0.1",
        "for=192.0.2.1;for=198.51.100.7",
        "for=\"192.0.2.1",
        "for=\"192.0.2.1\\\"",
        "192.0.2.1",
        "for=192.0.2.1,",
    ] {
        assert_eq!(forwarded("10.0.0.5", line), "10.0.0.5", "{line}");
    }
}

/// What a client may send before the proxy's own entry.
const JUNK: [&[u8]; 8] =
    [b"\xff", b"for=\"", b"\"", b"\\\"", b"unknown", b"", b"\xc3\x28, 10.0.0.6", b";;=\"\\"];

#[test]
fn r_en_02_a_client_cannot_make_its_address_the_proxys() {
    // H2: whatever it sends, the proxy's own entry to the right of it decides, in the same line or in one of its own.
    use ForwardedHeader::{Forwarded, XForwarded};
    let outside = ClientAddress::Vouched("203.0.113.9".parse().unwrap());
    for junk in JUNK {
        let x_line = [junk, b", 203.0.113.9"].concat();
        let line = [junk, b", for=203.0.113.9;proto=https"].concat();
        let two = [("x-forwarded-for", junk), ("x-forwarded-for", b"203.0.113.9".as_slice())];
        let two_forwarded = [("forwarded", junk), ("forwarded", b"for=\"203.0.113.9:4711\"".as_slice())];
        assert_eq!(found("10.0.0.5", XForwarded, &[("x-forwarded-for", &x_line)]), outside, "{junk:?}");
        assert_eq!(found("10.0.0.5", Forwarded, &[("forwarded", &line)]), outside, "{junk:?}");
        assert_eq!(found("10.0.0.5", XForwarded, &two), outside, "{junk:?}");
        assert_eq!(found("10.0.0.5", Forwarded, &two_forwarded), outside, "{junk:?}");
    }
}

#[test]
fn r_en_02_an_address_is_vouched_for_or_a_fallback() {
    use ForwardedHeader::XForwarded;
    let at = |value: &[u8]| found("10.0.0.5", XForwarded, &[("x-forwarded-for", value)]);
    let direct = found("203.0.113.9", XForwarded, &[("x-forwarded-for", b"\xff")]);
    assert_eq!(direct.vouched().unwrap().to_string(), "203.0.113.9");
    assert_eq!(at(b"192.0.2.1, 10.0.0.6").vouched().unwrap().to_string(), "192.0.2.1");
    for unclear in [b"\xff".as_slice(), b"", b"unknown", b"192.0.2.1, unknown, 10.0.0.6", b"10.0.0.6"] {
        assert_eq!(at(unclear).vouched(), None, "{unclear:?}");
    }
    assert_eq!(found("10.0.0.5", XForwarded, &[]), ClientAddress::Fallback("10.0.0.5".parse().unwrap()));
}

#[test]
fn r_rl_09_only_the_configured_header_is_read() {
    // A proxy that writes one of them passes the other on as the client sent it.
    let both =
        [("forwarded", "for=198.51.100.7"), ("x-forwarded-for", "192.0.2.1"), ("x-real-ip", "198.51.100.8")];
    assert_eq!(client("10.0.0.5", ForwardedHeader::XForwarded, &both), "192.0.2.1");
    assert_eq!(client("10.0.0.5", ForwardedHeader::Forwarded, &both), "198.51.100.7");
    assert_eq!(client("10.0.0.5", ForwardedHeader::XForwarded, &both[..1]), "10.0.0.5");
}

#[tokio::test]
async fn r_rl_09_forged_headers_are_ignored_over_a_real_socket() {
    let handler = |proxies: Arc<Proxies>| {
        move |axum::Extension(peer): axum::Extension<Peer>, headers: HeaderMap| async move {
            client_address(peer.address.ip(), &headers, &proxies).ip().to_string()
        }
    };
    let forged = "X-Forwarded-For: 192.0.2.1\r\nForwarded: for=192.0.2.1\r\nX-Real-IP: 192.0.2.1\r\n";
    let server = Plan::default().start(Router::new().route("/", get(handler(Proxies::none().into())))).await;
    assert_eq!(server.get("/", forged).await.body, "127.0.0.1");
    let declared = Proxies { trusted: vec!["127.0.0.1/32".parse().unwrap()], ..Proxies::none() };
    let routes = Router::new().route("/", get(handler(declared.clone().into())));
    let server = Plan { proxies: declared, ..Plan::default() }.start(routes).await;
    assert_eq!(server.get("/", forged).await.body, "192.0.2.1");
}

proptest! {
    /// Whatever a client writes before the proxy's own entry, that entry decides.
    #[test]
    fn nothing_to_the_left_matters(junk in "[ -~]{0,60}", header in any::<bool>()) {
        let (value, kind, name) = if header {
            (format!("{junk},for=192.0.2.1"), ForwardedHeader::Forwarded, "forwarded")
        } else {
            (format!("{junk},192.0.2.1"), ForwardedHeader::XForwarded, "x-forwarded-for")
        };
        prop_assert_eq!(client("10.0.0.5", kind, &[(name, &value)]), "192.0.2.1");
    }

    /// Whatever the header holds, the answer is the peer or an address that stands in it.
    #[test]
    fn any_header_gives_the_peer_or_what_it_names(value in "[ -~]{0,80}", header in any::<bool>()) {
        let kind = if header { ForwardedHeader::Forwarded } else { ForwardedHeader::XForwarded };
        let name = if header { "forwarded" } else { "x-forwarded-for" };
        let found = client("10.0.0.5", kind, &[(name, &value)]);
        let found: IpAddr = found.parse().unwrap();
        prop_assert!(found.to_string() == "10.0.0.5" || value.contains(['.', ':']));
    }
}
