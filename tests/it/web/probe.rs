//! Our own requests as they come in: noted before anything is refused, and only by their word.

use axum::Router;
use axum::routing::get;
use keyward::config::proxies::{ForwardedHeader, Proxies};
use keyward::foundation::random::SystemRandom;
use keyward::server::Shell;
use keyward::web::Probes;
use keyward::web::client_ip::{NearestHop, nearest_hop};
use reqwest::header::{HeaderMap, HeaderValue};

use crate::support::raw;
use crate::support::shell::{Plan, Running};

async fn start(trusted: &str, probes: &Probes) -> Running {
    let trusted = vec![trusted.parse().unwrap()];
    let plan = Plan { proxies: Proxies { trusted, ..Proxies::none() }, ..Plan::default() };
    let within = Shell { probes: probes.clone(), ..plan.shell() };
    plan.start_within(&within, Router::new().route("/", get(|| async { "hello" }))).await
}

#[tokio::test]
async fn a_probe_is_noted_also_where_it_is_refused_and_forgotten_afterwards() {
    let probes = Probes::default();
    let server = start("127.0.0.1/32", &probes).await;
    let probe = probes.expect(&SystemRandom);
    let send = async |host: &str, word: &str| {
        let headers = format!("Keyward-Probe: {word}\r\nX-Forwarded-For: 203.0.113.9, 198.51.100.7\r\n");
        raw::send(server.address, raw::get(host, "/", &headers)).await
    };
    assert_eq!(send("evil.example", "guessed").await.status, 421);
    assert_eq!(probe.arrival(), None, "who knows no word sends no probe");
    assert_eq!(send("evil.example", &probe.word).await.status, 421);
    let arrival = probe.arrival().unwrap();
    assert_eq!((arrival.peer, arrival.is_declared), ("127.0.0.1".parse().unwrap(), true));
    assert_eq!(arrival.host.as_deref(), Some("evil.example"));
    assert_eq!(arrival.hop, NearestHop::Address("198.51.100.7".parse().unwrap()));
    let answer = send("id.example.com", &probe.word).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "hello"), "it is answered like any other");
    assert_eq!(probe.arrival().unwrap().host.as_deref(), Some("id.example.com"));
    let other = probes.expect(&SystemRandom);
    assert!(other.word != probe.word && other.arrival().is_none());
    let word = probe.word.clone();
    drop(probe);
    send("id.example.com", &word).await;
    assert_eq!(other.arrival(), None);
}

#[test]
fn the_nearest_hop_is_the_last_one_written() {
    let hop = |kind, name: &'static str, lines: &[&'static str]| {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name, HeaderValue::from_static(line));
        }
        nearest_hop(&headers, kind)
    };
    let x = |lines: &[&'static str]| hop(ForwardedHeader::XForwarded, "x-forwarded-for", lines);
    let seven = NearestHop::Address("198.51.100.7".parse().unwrap());
    assert_eq!(x(&[]), NearestHop::Unsaid);
    assert_eq!(x(&["203.0.113.9, 198.51.100.7"]), seven);
    assert_eq!(x(&["203.0.113.9", "198.51.100.7:4711"]), seven);
    assert_eq!(x(&["198.51.100.7, unknown"]), NearestHop::Unreadable);
    let standard = |lines: &[&'static str]| hop(ForwardedHeader::Forwarded, "forwarded", lines);
    assert_eq!(standard(&["for=203.0.113.9, for=198.51.100.7;proto=https"]), seven);
    assert_eq!(standard(&["proto=https"]), NearestHop::Unreadable);
    assert_eq!(hop(ForwardedHeader::Forwarded, "x-forwarded-for", &["198.51.100.7"]), NearestHop::Unsaid);
}
