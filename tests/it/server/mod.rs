//! The server over real sockets: bounds of size, number and time, panics, and the stop.

mod admin;
mod certificate;
mod doctor;
mod http2;
mod huge_pages;
mod nginx;
mod restart;
mod tls;

use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use keyward::config::http::Http;
use keyward::config::proxies::Proxies;
use keyward::web::Form;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::raw;
use crate::support::shell::{Plan, Running, impatient, start};

fn routes() -> Router {
    Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/form", post(|Form(form): Form| async move { form.iter().count().to_string() }))
        .route("/sleep", get(|| async { tokio::time::sleep(Duration::from_millis(400)).await }))
        .route("/forever", get(std::future::pending::<()>))
        .route("/panic", get(|| async { panic!("on purpose") as () }))
}

async fn is_well(server: &Running) {
    let answer = server.get("/", "").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "hello"));
}

#[tokio::test]
async fn r_co_07_a_panic_is_a_500_with_an_id_and_the_server_goes_on() {
    let server = start(routes()).await;
    let answer = server.get("/panic", "Accept: text/html\r\n").await;
    assert_eq!(answer.status, 500);
    let id = answer.header("x-request-id").unwrap();
    assert!(answer.body.contains(&format!("500 internal [] {id}")), "{}", answer.body);
    assert!(!answer.body.contains("on purpose"));
    let answer = server.get("/panic", "").await;
    assert_eq!((answer.status, answer.body.as_str()), (500, r#"{"error":"server_error"}"#));
    is_well(&server).await;
}

#[tokio::test]
async fn r_tr_09_slow_headers_are_cut() {
    let server = impatient().start(routes()).await;
    for start in
        ["", "G", "GET / HTTP/1.1\r\nHost: id.example.com\r\nX: ", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
    {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        let answer = raw::read_to_end(&mut stream).await;
        assert!(!answer.contains("200 OK"), "{answer}");
    }
    is_well(&server).await;
}

#[tokio::test]
async fn r_tr_09_headers_dripping_in_are_cut_too() {
    let server = impatient().start(routes()).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let drip = async {
        for byte in raw::get("id.example.com", "/", "").bytes() {
            if writer.write_all(&[byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let mut answer = Vec::new();
    let (_, _) = tokio::join!(drip, reader.read_to_end(&mut answer));
    assert_eq!(String::from_utf8_lossy(&answer), "");
}

#[tokio::test]
async fn r_tr_09_second_requests_headers_are_bounded_apart_from_idle_time() {
    let server = impatient().start(routes()).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request = "GET / HTTP/1.1\r\nHost: id.example.com\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut buffer = [0; 4096];
    assert!(stream.read(&mut buffer).await.unwrap() > 0);
    // Idle for longer than headers may take: still open.
    tokio::time::sleep(Duration::from_millis(600)).await;
    stream.write_all(request.as_bytes()).await.unwrap();
    assert!(stream.read(&mut buffer).await.unwrap() > 0);
    // Half a request: cut.
    stream.write_all(b"GET / HT").await.unwrap();
    assert_eq!(raw::read_to_end(&mut stream).await, "");
}

#[tokio::test]
async fn r_tr_09_idle_connections_are_closed() {
    let bounds = Http { idle_time: Duration::from_millis(200), ..Http::default() };
    let server = Plan { bounds, ..Plan::default() }.start(routes()).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: id.example.com\r\n\r\n").await.unwrap();
    assert!(raw::read_to_end(&mut stream).await.ends_with("hello"));
}

#[tokio::test]
async fn r_tr_09_slow_bodies_are_refused() {
    let server = impatient().start(routes()).await;
    let head =
        raw::post("id.example.com", "/form", "", "a=1").replace("Content-Length: 3", "Content-Length: 9");
    let answer = raw::send(server.address, head).await;
    assert_eq!((answer.status, answer.header("connection")), (408, Some("close")));
    is_well(&server).await;
}

#[tokio::test]
async fn r_tr_09_slow_handlers_end() {
    let bounds = Http { request_time: Duration::from_millis(200), ..Http::default() };
    let server = Plan { bounds, ..Plan::default() }.start(routes()).await;
    let answer = server.get("/forever", "").await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")));
    assert_eq!(answer.body, r#"{"error":"temporarily_unavailable"}"#);
}

#[tokio::test]
async fn r_tr_09_large_headers_get_431() {
    let server = start(routes()).await;
    assert_eq!(server.get("/", &format!("X: {}\r\n", "a".repeat(17_000))).await.status, 431);
    assert_eq!(server.get("/", &format!("X: {}\r\n", "a".repeat(14_000))).await.status, 200);
    is_well(&server).await;
}

#[tokio::test]
async fn r_tr_09_many_headers_get_431() {
    let server = start(routes()).await;
    assert_eq!(server.get("/", &"X: a\r\n".repeat(98)).await.status, 200);
    assert_eq!(server.get("/", &"X: a\r\n".repeat(99)).await.status, 431);
    is_well(&server).await;
}

#[tokio::test]
async fn r_tr_09_large_bodies_get_413() {
    let server = start(routes()).await;
    let most = format!("a={}", "b".repeat(65_534));
    assert_eq!(server.post("/form", "", &most).await.body, "1");
    // Announced too long: refused before it is sent.
    let head =
        raw::post("id.example.com", "/form", "", "a=1").replace("Content-Length: 3", "Content-Length: 65537");
    assert_eq!(raw::send(server.address, head).await.status, 413);
    // Not announced: refused when the bound is passed.
    let kind = "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n";
    let chunk = format!("8000\r\n{}\r\n", "a".repeat(0x8000)).repeat(3);
    let text = format!("POST /form HTTP/1.1\r\nHost: id.example.com\r\n{kind}\r\n{chunk}0\r\n\r\n");
    assert_eq!(raw::send(server.address, text).await.status, 413);
    is_well(&server).await;
}

#[tokio::test]
async fn contradicting_lengths_are_refused() {
    let server = start(routes()).await;
    let smuggled =
        "POST /form HTTP/1.1\r\nHost: id.example.com\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\na=12";
    assert_eq!(raw::send(server.address, smuggled).await.status, 400);
    is_well(&server).await;
}

#[tokio::test]
async fn r_tr_10_packed_bodies_get_415() {
    let server = start(routes()).await;
    for encoding in ["gzip", "identity", "br, gzip"] {
        let answer = server.post("/form", &format!("Content-Encoding: {encoding}\r\n"), "a=1").await;
        assert_eq!(answer.status, 415, "{encoding}");
    }
}

async fn open_after_one_request(server: &Running) -> bool {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: id.example.com\r\n\r\n").await;
    let open = matches!(stream.read(&mut [0; 4096]).await, Ok(1..));
    std::mem::forget(stream);
    open
}

#[tokio::test]
async fn r_tr_09_connections_of_one_address_are_bounded_but_not_a_proxys() {
    let bounds = Http { connections_per_address: 4, connections: 6, ..Http::default() };
    let server = Plan { bounds: bounds.clone(), ..Plan::default() }.start(routes()).await;
    for count in 1..=5 {
        assert_eq!(open_after_one_request(&server).await, count <= 4, "connection {count}");
    }
    let proxies = Proxies { trusted: vec!["127.0.0.1/32".parse().unwrap()], ..Proxies::none() };
    let server = Plan { bounds, proxies, ..Plan::default() }.start(routes()).await;
    for count in 1..=7 {
        assert_eq!(open_after_one_request(&server).await, count <= 6, "connection {count}");
    }
}

#[tokio::test]
async fn a_closed_connection_makes_room() {
    let bounds = Http { connections_per_address: 1, ..Http::default() };
    let server = Plan { bounds, ..Plan::default() }.start(routes()).await;
    for _ in 0..20 {
        // Closing is noticed a moment after it happened.
        let mut tries = 0;
        while !raw::send_for_text(server.address, raw::get("id.example.com", "/", ""))
            .await
            .ends_with("hello")
        {
            tries += 1;
            assert!(tries < 100, "no room");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test]
async fn r_op_07_a_stop_lets_what_is_under_way_end() {
    let server = start(routes()).await;
    let (address, idle) = (server.address, TcpStream::connect(server.address).await.unwrap());
    let under_way = tokio::spawn(raw::send(address, raw::get("id.example.com", "/sleep", "")));
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.stop.ask();
    assert_eq!(under_way.await.unwrap().status, 200);
    tokio::time::timeout(Duration::from_secs(5), server.ended).await.expect("it does not stop").unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "it still listens");
    drop(idle);
}

#[tokio::test]
async fn r_op_07_asked_twice_it_stops_at_once() {
    let server = start(routes()).await;
    let under_way =
        tokio::spawn(raw::send_for_text(server.address, raw::get("id.example.com", "/forever", "")));
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.stop.ask();
    server.stop.ask();
    tokio::time::timeout(Duration::from_secs(5), server.ended).await.expect("it does not stop").unwrap();
    assert_eq!(under_way.await.unwrap(), "");
}

#[tokio::test]
async fn r_op_07_a_stop_waits_no_longer_than_allowed() {
    let bounds = Http { stop_time: Duration::from_millis(200), ..Http::default() };
    let server = Plan { bounds, ..Plan::default() }.start(routes()).await;
    let under_way =
        tokio::spawn(raw::send_for_text(server.address, raw::get("id.example.com", "/forever", "")));
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.stop.ask();
    tokio::time::timeout(Duration::from_secs(5), server.ended).await.expect("it does not stop").unwrap();
    assert_eq!(under_way.await.unwrap(), "");
}

#[tokio::test]
async fn a_taken_address_is_one_sentence() {
    let server = start(routes()).await;
    let bind =
        keyward::server::Server::bind(&[server.address], &Http::default(), Proxies::none().into()).await;
    let sentence = bind.unwrap_err().to_string();
    assert!(sentence.starts_with(&format!("cannot listen on {} (", server.address)), "{sentence}");
    assert!(sentence.ends_with("stop what uses it, or change listen.addresses"), "{sentence}");
}
