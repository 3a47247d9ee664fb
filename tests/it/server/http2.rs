//! The same bounds over HTTP/2, which counts nothing but bytes by itself.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use axum::routing::{get, post};
use h2::client::SendRequest;
use keyward::config::http::Http;
use tokio::net::TcpStream;

use crate::support::shell::{Plan, impatient, start};

fn routes() -> Router {
    Router::new().route("/", get(|| async { "hello" })).route("/form", post(|body: String| async { body }))
}

/// A connection with prior knowledge; its other half runs by itself.
async fn connect(address: SocketAddr) -> SendRequest<Bytes> {
    let stream = TcpStream::connect(address).await.unwrap();
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    client.ready().await.unwrap()
}

type Bytes = axum::body::Bytes;

/// Asks for `/` under `host` with so many further headers.
async fn ask(
    client: &mut SendRequest<Bytes>,
    host: &str,
    headers: usize,
    length: usize,
) -> Result<u16, h2::Error> {
    let mut request = Request::get(format!("https://{host}/"));
    for number in 0..headers {
        request = request.header(format!("x-{number}"), "a".repeat(length));
    }
    let (answer, _) = client.send_request(request.body(()).unwrap(), true)?;
    Ok(answer.await?.status().as_u16())
}

#[tokio::test]
async fn r_tr_09_headers_are_counted_and_measured() {
    let server = start(routes()).await;
    let mut client = connect(server.address).await;
    assert_eq!(ask(&mut client, "id.example.com", 100, 1).await.unwrap(), 200);
    assert_eq!(ask(&mut client, "id.example.com", 101, 1).await.unwrap(), 431);
    assert_eq!(ask(&mut client, "id.example.com", 50, 400).await.unwrap(), 431);
    assert_eq!(ask(&mut client, "id.example.com", 0, 0).await.unwrap(), 200);
}

#[tokio::test]
async fn r_tr_06_the_authority_is_the_host() {
    let server = start(routes()).await;
    let mut client = connect(server.address).await;
    assert_eq!(ask(&mut client, "evil.example", 0, 0).await.unwrap(), 421);
    assert_eq!(ask(&mut client, "id.example.com", 0, 0).await.unwrap(), 200);
}

#[tokio::test]
async fn r_tr_09_streams_are_bounded() {
    let bounds = Http { streams: 7, ..Http::default() };
    let server = Plan { bounds, ..Plan::default() }.start(routes()).await;
    let mut client = connect(server.address).await;
    assert_eq!(ask(&mut client, "id.example.com", 0, 0).await.unwrap(), 200);
    assert_eq!(client.current_max_send_streams(), 7);
}

#[tokio::test]
async fn r_tr_09_large_and_slow_bodies_are_refused() {
    let server = impatient().start(routes()).await;
    let client = connect(server.address).await;
    let post = |body: usize, end: bool| {
        let mut client = client.clone();
        async move {
            let request = Request::post("https://id.example.com/form").body(()).unwrap();
            let (answer, mut stream) = client.send_request(request, false).unwrap();
            stream.send_data(vec![b'a'; body].into(), end).unwrap();
            answer.await.unwrap().status().as_u16()
        }
    };
    assert_eq!(post(60_000, true).await, 200);
    assert_eq!(post(70_000, true).await, 413);
    assert_eq!(post(10, false).await, 408);
}

#[tokio::test]
async fn r_tr_09_talk_between_requests_is_idleness_not_slow_headers() {
    let server = impatient().start(routes()).await;
    let mut client = connect(server.address).await;
    assert_eq!(ask(&mut client, "id.example.com", 0, 0).await.unwrap(), 200);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(ask(&mut client, "id.example.com", 0, 0).await.unwrap(), 200);
}

#[tokio::test]
async fn r_op_07_a_stop_says_goodbye() {
    let server = start(routes()).await;
    let mut client = connect(server.address).await;
    assert_eq!(ask(&mut client, "id.example.com", 0, 0).await.unwrap(), 200);
    server.stop.ask();
    tokio::time::timeout(Duration::from_secs(5), server.ended).await.expect("it does not stop").unwrap();
    assert!(ask(&mut client, "id.example.com", 0, 0).await.is_err());
}
