//! Stop and restart of the real program under load: nothing that was asked is lost (R-OP-07, RG-22).

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use keyward::foundation::clock::Stopwatch;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::support::browser::Browser;
use crate::support::prepared::{finish, prepare};
use crate::support::program::Installed;
use crate::support::raw;
use crate::support::relying_party::RelyingParty;

const QUIET: &str = "[log]\nlevel = \"warn\"\n[admin]\nlisten = \"off\"\n";

/// What the clients saw.
#[derive(Default)]
struct Seen {
    over: AtomicBool,
    answered: AtomicU64,
    /// Sent again on a new connection, because the old one was closed before a byte of the answer came.
    again: AtomicU64,
    lost: AtomicU64,
}

/// One client. It keeps its connection and, as browsers do, sends a request again only if a connection that had served
/// before was closed without a byte of an answer.
struct Client {
    address: SocketAddr,
    connection: Option<TcpStream>,
}

/// A connection was closed before the whole answer had come.
struct Broken {
    reused: bool,
    silent: bool,
}

impl Client {
    async fn send(&mut self, request: &str) -> Result<String, Broken> {
        let reused = self.connection.is_some();
        let mut stream = match self.connection.take() {
            Some(stream) => stream,
            None => TcpStream::connect(self.address).await.map_err(|_| Broken { reused, silent: true })?,
        };
        let mut answer = Vec::new();
        let whole = exchange(&mut stream, request, &mut answer).await.is_some();
        if !whole {
            return Err(Broken { reused, silent: answer.is_empty() });
        }
        let answer = String::from_utf8(answer).unwrap();
        let head = answer.split("\r\n\r\n").next().unwrap().to_ascii_lowercase();
        if !head.contains("connection: close") {
            self.connection = Some(stream);
        }
        Ok(answer)
    }
}

/// Sends and reads one answer, by its length; `None` if the connection ends before.
async fn exchange(stream: &mut TcpStream, request: &str, answer: &mut Vec<u8>) -> Option<()> {
    stream.write_all(request.as_bytes()).await.ok()?;
    loop {
        let text = String::from_utf8_lossy(answer).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length = head.split("content-length: ").nth(1).map(|rest| rest.split("\r\n").next().unwrap());
            let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
            if body.len() >= length {
                return Some(());
            }
        }
        let read = stream.read_buf(answer).await.ok()?;
        if read == 0 {
            return None;
        }
    }
}

/// Asks again and again, with and without effect, until it is over.
async fn load(number: usize, host: String, address: SocketAddr, seen: Arc<Seen>) {
    let mut client = Client { address, connection: None };
    let body = "grant_type=authorization_code&code=none";
    let requests = [
        format!("GET /.well-known/openid-configuration HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        format!(
            "POST /token HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ),
        format!("GET /jwks.json HTTP/1.1\r\nHost: {host}\r\n\r\n"),
    ];
    let mut turn = number;
    while !seen.over.load(Ordering::SeqCst) {
        let request = &requests[turn % requests.len()];
        turn += 1;
        // Every third client asks each time on a new connection, where nothing may be sent again.
        if number.is_multiple_of(3) {
            client.connection = None;
        }
        let mut outcome = client.send(request).await;
        if matches!(outcome, Err(Broken { reused: true, silent: true })) {
            seen.again.fetch_add(1, Ordering::SeqCst);
            outcome = client.send(request).await;
        }
        let counter = match outcome {
            Ok(answer) if answer.starts_with("HTTP/1.1 5") => &seen.lost,
            Ok(_) => &seen.answered,
            Err(_) => &seen.lost,
        };
        counter.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
}

#[tokio::test]
async fn r_op_07_rg_22_restarts_under_load_lose_no_request_and_no_journey() {
    let at = Installed::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let issuer = format!("http://localhost:{}", address.port());
    at.write(&issuer, &address.to_string(), QUIET);
    let (ada, registered) = prepare(&at).await;
    let wiki = RelyingParty::of(registered, &issuer);
    let mut serving = at.serve_on(&listener).await;
    let mut browser = Browser::new();
    let request = wiki.request();
    let page = browser.open(request.url()).await;

    let seen = Arc::new(Seen::default());
    let mut clients = JoinSet::new();
    for number in 0..12 {
        clients.spawn(load(number, format!("localhost:{}", address.port()), address, seen.clone()));
    }
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(700)).await;
        let stopped = tokio::task::spawn_blocking(move || serving.stop()).await.unwrap();
        assert!(stopped.status.success(), "{}", String::from_utf8_lossy(&stopped.stderr));
        serving = at.serve_on(&listener).await;
    }
    tokio::time::sleep(Duration::from_millis(700)).await;
    seen.over.store(true, Ordering::SeqCst);
    while clients.join_next().await.is_some() {}
    let count = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
    let (answered, again, lost) = (count(&seen.answered), count(&seen.again), count(&seen.lost));
    println!("answered {answered}, sent again {again}, lost {lost}");
    assert_eq!(lost, 0, "of {answered}");
    assert!(answered > 200, "{answered}");
    assert!(again <= 12 * 3, "each stop closes a connection once: {again}");

    let page = finish(&mut browser, &page, &ada).await;
    wiki.complete(&request, &page).await;
}

#[tokio::test]
async fn r_op_07_a_request_on_its_way_when_the_stop_comes_is_answered_and_then_the_connection_closed() {
    let at = Installed::with(QUIET);
    let serving = at.serve().await;
    let address: SocketAddr = at.issuer().replace("http://localhost", "127.0.0.1").parse().unwrap();
    let host = at.issuer().replace("http://", "");
    let mut fresh = TcpStream::connect(address).await.unwrap();
    let mut half = TcpStream::connect(address).await.unwrap();
    half.write_all(b"GET /live HTTP/1.1\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    serving.ask_to_stop();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let rest = format!("Host: {host}\r\n\r\n");
    half.write_all(rest.as_bytes()).await.unwrap();
    fresh.write_all(format!("GET /live HTTP/1.1\r\n{rest}").as_bytes()).await.unwrap();
    for stream in [&mut half, &mut fresh] {
        let answer = raw::read_to_end(stream).await.to_ascii_lowercase();
        assert!(answer.starts_with("http/1.1 200") && answer.contains("connection: close"), "{answer}");
    }
    let stopped = serving.stop();
    assert!(stopped.status.success());
}

#[tokio::test]
async fn r_op_07_asked_twice_the_program_stops_at_once_and_asked_once_within_ten_seconds() {
    for (asked, within) in [(1, 11), (2, 1)] {
        let at = Installed::with(QUIET);
        let serving = at.serve().await;
        let address: SocketAddr = at.issuer().replace("http://localhost", "127.0.0.1").parse().unwrap();
        let host = at.issuer().replace("http://", "");
        // Its body never comes: it is under way for 15 s.
        let mut stuck = TcpStream::connect(address).await.unwrap();
        let kind = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n";
        stuck
            .write_all(format!("POST /token HTTP/1.1\r\nHost: {host}\r\n{kind}\r\n").as_bytes())
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let watch = Stopwatch::start();
        for _ in 1..asked {
            serving.ask_to_stop();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let stopped = tokio::task::spawn_blocking(move || serving.stop()).await.unwrap();
        assert!(stopped.status.success());
        assert!(watch.elapsed() < Duration::from_secs(within), "asked {asked} times: {:?}", watch.elapsed());
    }
}

#[test]
fn a_socket_for_another_address_is_refused_with_one_sentence() {
    let at = Installed::with(QUIET);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let ended = at.refused_on(&listener);
    let sentence =
        format!("a socket on {} was handed over, which is not among", listener.local_addr().unwrap());
    assert!(ended.contains(&sentence), "{ended}");
}
