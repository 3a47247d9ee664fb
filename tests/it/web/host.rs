//! The host a request names (R-TR-06), and plain HTTP only where it is safe (R-TR-01).

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use keyward::config::Site;
use keyward::config::proxies::{ForwardedHeader, Proxies};
use keyward::web::client_ip::Peer;
use tower::ServiceExt as _;

use crate::support::raw;
use crate::support::shell::{Plan, start};

fn routes() -> Router {
    Router::new().route("/", get(|| async { "hello" }))
}

#[tokio::test]
async fn r_tr_06_another_host_gets_421_naming_both() {
    let server = start(routes()).await;
    for host in [
        "evil.example",
        "127.0.0.1",
        "id.example.com.evil.example",
        "id.example.com:8443",
        "id.example.com:80",
    ] {
        let answer = raw::send(server.address, raw::get(host, "/", "Accept: text/html\r\n")).await;
        assert_eq!(answer.status, 421, "{host}");
        let named = format!("wrong_address [(\"seen\", \"{host}\"), (\"configured\", \"id.example.com\")]");
        assert!(answer.body.contains(&named), "{}", answer.body);
    }
    for host in ["id.example.com", "ID.Example.com", "id.example.com:443"] {
        assert_eq!(raw::send(server.address, raw::get(host, "/", "")).await.status, 200, "{host}");
    }
}

#[tokio::test]
async fn r_tr_06_in_loopback_mode_the_port_counts() {
    let site = Site::new("http://localhost:8443").unwrap();
    let server = Plan { site, ..Plan::default() }.start(routes()).await;
    assert_eq!(raw::send(server.address, raw::get("localhost:8443", "/", "")).await.status, 200);
    assert_eq!(raw::send(server.address, raw::get("127.0.0.1:8443", "/", "")).await.status, 421);
    assert_eq!(raw::send(server.address, raw::get("localhost", "/", "")).await.status, 421);
}

#[tokio::test]
async fn a_doubtful_host_gets_400() {
    let server = start(routes()).await;
    let send = async |text: &str| raw::send(server.address, text).await.status;
    let end = "Connection: close\r\n\r\n";
    assert_eq!(send(&format!("GET / HTTP/1.1\r\n{end}")).await, 400);
    assert_eq!(
        send(&format!("GET / HTTP/1.1\r\nHost: id.example.com\r\nHost: id.example.com\r\n{end}")).await,
        400
    );
    assert_eq!(send(&format!("GET / HTTP/1.1\r\nHost: me@id.example.com\r\n{end}")).await, 400);
    assert_eq!(send(&format!("GET / HTTP/1.1\r\nHost: id.example.com/x\r\n{end}")).await, 400);
    assert_eq!(send(&format!("GET / HTTP/1.1\r\nHost: \r\n{end}")).await, 400);
    assert_eq!(
        send(&format!("GET https://evil.example/ HTTP/1.1\r\nHost: id.example.com\r\n{end}")).await,
        400
    );
    assert_eq!(
        send(&format!("GET https://id.example.com/ HTTP/1.1\r\nHost: id.example.com\r\n{end}")).await,
        200
    );
}

#[tokio::test]
async fn r_tr_06_a_forwarded_host_counts_from_declared_proxies_only() {
    let forwarded = "X-Forwarded-Host: id.example.com\r\nForwarded: host=id.example.com\r\n";
    let server = start(routes()).await;
    assert_eq!(raw::send(server.address, raw::get("inner:8443", "/", forwarded)).await.status, 421);
    for header in [ForwardedHeader::XForwarded, ForwardedHeader::Forwarded] {
        let proxies = Proxies { trusted: vec!["127.0.0.1/32".parse().unwrap()], header };
        let server = Plan { proxies, ..Plan::default() }.start(routes()).await;
        assert_eq!(raw::send(server.address, raw::get("inner:8443", "/", forwarded)).await.status, 200);
        let wrong = "X-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\n";
        assert_eq!(raw::send(server.address, raw::get("id.example.com", "/", wrong)).await.status, 421);
        assert_eq!(raw::send(server.address, raw::get("id.example.com", "/", "")).await.status, 200);
    }
}

#[tokio::test]
async fn r_tr_01_plain_http_from_undeclared_machines_is_refused() {
    let trusted = vec!["10.0.0.5/32".parse().unwrap()];
    let router = Plan { proxies: Proxies { trusted, ..Proxies::none() }, ..Plan::default() }.wrap(routes());
    let ask = async |path: &str, peer: &str, encrypted: bool| {
        let mut request = Request::get(path).header("host", "id.example.com").body(Body::empty()).unwrap();
        request.extensions_mut().insert(Peer { address: format!("{peer}:4711").parse().unwrap(), encrypted });
        router.clone().oneshot(request).await.unwrap().status().as_u16()
    };
    assert_eq!(ask("/", "203.0.113.9", false).await, 403);
    assert_eq!(ask("/", "[::ffff:203.0.113.9]", false).await, 403);
    assert_eq!(ask("/", "203.0.113.9", true).await, 200);
    assert_eq!(ask("/", "10.0.0.5", false).await, 200);
    assert_eq!(ask("/", "127.0.0.1", false).await, 200);
    assert_eq!(ask("/live", "203.0.113.9", false).await, 404, "no health here, but not refused either");
}

#[tokio::test]
async fn r_co_05_a_request_without_a_known_peer_is_refused() {
    let request = Request::get("/").header("host", "id.example.com").body(Body::empty()).unwrap();
    assert_eq!(Plan::default().wrap(routes()).oneshot(request).await.unwrap().status(), 500);
}
