//! Encryption by ourselves: versions, protocols, bounds, and a certificate that changes while we serve (R-TR-01, R-TR-02).

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, Method, Version};
use axum::routing::get;
use keyward::config::{Site, tls};
use keyward::foundation::clock::ManualClock;
use keyward::foundation::{Clock as _, Timestamp};
use keyward::server::{Server, Stop, Tls};
use rcgen::KeyPair;
use rustls::ClientConfig;
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;

use crate::support::authority::{Authority, Days, GOOD, Pair, connect};
use crate::support::https::Https;
use crate::support::program::{Installed, refused};
use crate::support::raw;
use crate::support::shell::{Plan, Running, impatient};

const HOST: &str = "id.example.com";
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A server with a certificate, and those who made it.
struct Encrypted {
    running: Running,
    tls: Arc<Tls>,
    authority: Authority,
    clock: Arc<ManualClock>,
    folder: tempfile::TempDir,
}

async fn start(plan: Plan) -> Encrypted {
    let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
    let clock = Arc::new(ManualClock::new(Timestamp(keyward_now())));
    let (chain, key) = authority.issue(HOST, GOOD, clock.now());
    let pair = Pair::write(folder.path(), &chain, &key.serialize_pem());
    let settings = tls::Tls { certificate: Some(pair.certificate), key: Some(pair.key) };
    let site = Site::new("https://id.example.com").unwrap();
    let tls = Tls::start(&settings, &site, clock.clone()).unwrap().unwrap();
    let router = plan.wrap(Router::new().route("/", get(|| async { "hello" })));
    let server = Server::bind(&["127.0.0.1:0".parse().unwrap()], &plan.bounds, plan.proxies.into()).await;
    let server = server.unwrap().encrypted(Some(&tls)).unwrap();
    let address = server.addresses()[0];
    let (stop, stopping) = Stop::new();
    let ended = tokio::spawn(server.serve(router, stopping));
    Encrypted { running: Running { address, stop, ended }, tls, authority, clock, folder }
}

/// The real time: clients of the test verify certificates by it.
fn keyward_now() -> i64 {
    keyward::foundation::clock::SystemClock.now().0
}

impl Encrypted {
    fn client(&self) -> Arc<ClientConfig> {
        self.authority.client(&[&TLS13, &TLS12], &["h2", "http/1.1"])
    }

    fn replace(&self, chain: &str, key: &str) {
        Pair::write(self.folder.path(), chain, key);
        self.tls.look();
    }

    /// The certificate that a new client is shown.
    async fn shown(&self) -> Vec<u8> {
        shown(&self.client(), self.running.address).await.unwrap()
    }
}

async fn shown(client: &Arc<ClientConfig>, address: SocketAddr) -> std::io::Result<Vec<u8>> {
    let stream = connect(client, HERE, address, HOST).await?;
    Ok(stream.get_ref().1.peer_certificates().unwrap()[0].to_vec())
}

#[tokio::test]
async fn r_tr_01_both_versions_and_both_protocols_are_spoken() {
    let server = start(Plan::default()).await;
    for (version, number) in [(&TLS12, 0x0303), (&TLS13, 0x0304)] {
        for (offered, expected) in [(&["h2", "http/1.1"][..], "h2"), (&["http/1.1"], "http/1.1"), (&[], "")] {
            let client = server.authority.client(&[version], offered);
            let stream = connect(&client, HERE, server.running.address, HOST).await.unwrap();
            let session = stream.get_ref().1;
            assert_eq!(u16::from(session.protocol_version().unwrap()), number);
            assert_eq!(session.alpn_protocol().unwrap_or_default(), expected.as_bytes());
        }
        let protocols = [(&["h2"][..], Version::HTTP_2), (&["http/1.1"], Version::HTTP_11)];
        for (offered, expected) in protocols {
            let client = server.authority.client(&[version], offered);
            let https = Https::new(client, HERE, server.running.address);
            let url = Url::parse("https://id.example.com/").unwrap();
            let (page, spoken) = https.send(Method::GET, &url, HeaderMap::new(), None).await;
            assert_eq!((page.status.as_u16(), page.body.as_str(), spoken), (200, "hello", expected));
            // R-TR-02
            assert_eq!(page.header("strict-transport-security"), Some("max-age=63072000"));
        }
    }
}

#[tokio::test]
async fn r_tr_01_older_versions_and_plain_http_get_nothing() {
    let server = start(Plan::default()).await;
    // A ClientHello of TLS 1.1 with one cipher suite of its time.
    let mut hello = vec![0x16, 3, 1, 0, 45, 1, 0, 0, 41, 3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0xc0, 0x13, 1, 0]);
    let mut stream = TcpStream::connect(server.running.address).await.unwrap();
    stream.write_all(&hello).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    // A fatal alert (RFC 8446 section 6).
    assert_eq!((answer.first(), answer.get(5)), (Some(&0x15), Some(&2)), "{answer:?}");
    let text = raw::send_for_text(server.running.address, raw::get(HOST, "/", "")).await;
    assert!(!text.contains("hello"), "{text}");
    assert!(!server.shown().await.is_empty());
}

#[tokio::test]
async fn r_tr_09_slow_handshakes_are_cut() {
    let server = start(impatient()).await;
    for start in [&b""[..], &[0x16], &[0x16, 3, 1, 0, 200, 1, 0]] {
        let mut stream = TcpStream::connect(server.running.address).await.unwrap();
        stream.write_all(start).await.unwrap();
        assert_eq!(raw::read_to_end(&mut stream).await, "");
    }
    // Dripping does not help.
    let mut stream = TcpStream::connect(server.running.address).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let drip = async {
        while writer.write_all(&[0x16]).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let mut answer = Vec::new();
    tokio::select! {
        () = drip => {}
        _ = reader.read_to_end(&mut answer) => {}
        () = tokio::time::sleep(Duration::from_secs(5)) => panic!("it is still open"),
    }
    // And headers after the handshake are bounded as ever.
    let mut stream = connect(&server.client(), HERE, server.running.address, HOST).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHo").await.unwrap();
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await;
    let _ = read.expect("it is still open");
    assert!(answer.is_empty());
}

#[tokio::test]
async fn r_tr_01_a_new_certificate_is_taken_while_connections_live_on() {
    let server = start(Plan::default()).await;
    let old = server.shown().await;
    let mut open =
        connect(&server.authority.client(&[&TLS13], &[]), HERE, server.running.address, HOST).await.unwrap();
    let (chain, key) = server.authority.issue(HOST, GOOD, server.clock.now());
    server.replace(&chain, &key.serialize_pem());
    let new = server.shown().await;
    assert_ne!(new, old);
    open.write_all(raw::get(HOST, "/", "").as_bytes()).await.unwrap();
    let mut answer = String::new();
    open.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("hello"), "{answer}");
}

#[tokio::test]
async fn r_tr_01_a_bad_new_certificate_leaves_the_old_one_in_use() {
    let server = start(Plan::default()).await;
    let old = server.shown().await;
    let (chain, key) = server.authority.issue(HOST, GOOD, server.clock.now());
    let (expired, expired_key) = server.authority.issue(HOST, Days { from: -20, to: -1 }, server.clock.now());
    let (other, other_key) = server.authority.issue("www.example.com", GOOD, server.clock.now());
    for (certificate, key) in [
        ("", key.serialize_pem()),
        (&chain[..200], key.serialize_pem()),
        (&chain, KeyPair::generate().unwrap().serialize_pem()),
        (&expired, expired_key.serialize_pem()),
        (&other, other_key.serialize_pem()),
    ] {
        server.replace(certificate, &key);
        assert_eq!(server.shown().await, old);
    }
    std::fs::remove_file(server.folder.path().join("fullchain.pem")).unwrap();
    server.tls.look();
    assert_eq!(server.shown().await, old);
    server.replace(&chain, &key.serialize_pem());
    assert_ne!(server.shown().await, old, "a good one is taken after all");
}

/// The real program with a certificate for `localhost` in `folder`.
fn installed(authority: &Authority, name: &str) -> (Installed, SocketAddr, KeyPair) {
    let at = Installed::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let now = keyward::foundation::clock::SystemClock.now();
    let (chain, key) = authority.issue(name, GOOD, now);
    Pair::write(at.folder.path(), &chain, &key.serialize_pem());
    let more = "[tls]\ncertificate = \"fullchain.pem\"\nkey = \"privkey.pem\"\n[admin]\nlisten = \"off\"\n";
    at.write("https://id.example.com", &free.to_string(), more);
    (at, free, key)
}

#[tokio::test]
async fn the_program_serves_https_takes_a_new_certificate_and_refuses_a_wrong_one_at_its_start() {
    let authority = Authority::new();
    let (at, address, _) = installed(&authority, HOST);
    let serving = at.serve().await;
    let client = authority.client(&[&TLS13, &TLS12], &["h2"]);
    let old = shown(&client, address).await.unwrap();
    let (chain, key) = authority.issue(HOST, GOOD, keyward::foundation::clock::SystemClock.now());
    Pair::write(at.folder.path(), &chain, &key.serialize_pem());
    let changed = async {
        while shown(&client, address).await.unwrap() == old {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), changed).await.expect("the new certificate is not taken");
    let stopped = serving.stop();
    assert!(stopped.status.success());
    assert!(String::from_utf8_lossy(&stopped.stderr).contains("a new certificate is in use"));

    std::fs::write(at.folder.path().join("privkey.pem"), KeyPair::generate().unwrap().serialize_pem())
        .unwrap();
    let said = refused(&["serve", "--settings", &at.settings], "", 1);
    assert!(said.contains("tls.key: the file ") && said.contains("is not the key"), "{said}");
}

#[tokio::test]
async fn a_certificate_for_another_host_is_warned_of_at_the_start() {
    let authority = Authority::new();
    let (at, ..) = installed(&authority, "www.example.com");
    let stopped = at.serve().await.stop();
    let said = String::from_utf8_lossy(&stopped.stderr);
    assert!(said.contains("browsers will refuse the certificate: it is not for id.example.com"), "{said}");
}

/// R-OP-07: a file that never ends, such as a pipe that somebody put in the place of the certificate, does not hold up a stop.
#[tokio::test]
async fn r_op_07_a_read_that_never_ends_does_not_hold_up_the_stop() {
    let authority = Authority::new();
    let (at, ..) = installed(&authority, HOST);
    let serving = at.serve().await;
    let pipe = at.folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::fs::rename(&pipe, at.folder.path().join("fullchain.pem")).unwrap();
    // It can be opened for writing at once only while somebody reads.
    let opened = async {
        loop {
            let mut options = std::fs::OpenOptions::new();
            options.write(true).custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
            match options.open(at.folder.path().join("fullchain.pem")) {
                Ok(pipe) => return pipe,
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    };
    let pipe = tokio::time::timeout(Duration::from_secs(20), opened).await.expect("nobody looks at it");
    let stopped = tokio::task::spawn_blocking(move || serving.stop());
    let stopped = tokio::time::timeout(Duration::from_secs(20), stopped).await;
    drop(pipe);
    assert!(stopped.expect("it does not stop").unwrap().status.success());
}
