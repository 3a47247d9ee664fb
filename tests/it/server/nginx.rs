//! The real program behind a real nginx with the very file of `deploy/`: people sign in through it, over HTTP/2, and who
//! forges forwarding headers is not believed (R-TR-01, R-TR-06, R-RL-09).

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, Method, Version};
use keyward::foundation::Clock as _;
use keyward::foundation::clock::SystemClock;
use rustls::ClientConfig;
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use url::Url;

use crate::support::authority::{Authority, GOOD, Pair, connect};
use crate::support::browser::Browser;
use crate::support::https::Https;
use crate::support::page::Page;
use crate::support::prepared::{events, finish, prepare};
use crate::support::program::Installed;
use crate::support::raw;
use crate::support::relying_party::{RelyingParty, Request};

const ISSUER: &str = "https://id.example.com";
/// Where the people of this test come from, and where nginx does: only the latter is declared.
const PEOPLE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 9));
const SETTINGS: &str =
    "[proxies]\ntrusted = [\"127.0.0.1\"]\n[log]\nlevel = \"warn\"\n[admin]\nlisten = \"off\"\n";

pub(super) fn free() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A running nginx; it ends with the test.
pub(super) struct Nginx(Child);

impl Drop for Nginx {
    fn drop(&mut self) {
        let id = rustix::process::Pid::from_child(&self.0);
        let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        let _ = self.0.wait();
    }
}

/// Where everybody listens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places {
    pub nginx: SocketAddr,
    pub plain: SocketAddr,
    pub keyward: SocketAddr,
}

impl Nginx {
    /// `deploy/nginx.conf` with this machine's ports and paths in place of its own, and these mistakes in it. Waits until it
    /// answers.
    pub(super) async fn start(folder: &Path, pair: &Pair, places: Places, mistakes: &[(&str, &str)]) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/nginx.conf");
        let mut site = std::fs::read_to_string(file).unwrap();
        let Places { nginx, plain, keyward } = places;
        let local = [
            ("listen 80;", format!("listen {plain};")),
            ("listen [::]:80;", String::new()),
            ("listen 443 ssl http2;", format!("listen {nginx} ssl http2;")),
            ("listen [::]:443 ssl http2;", String::new()),
            ("/etc/keyward/tls/fullchain.pem", pair.certificate.display().to_string()),
            ("/etc/keyward/tls/privkey.pem", pair.key.display().to_string()),
            ("/var/log/nginx", folder.display().to_string()),
            ("server 127.0.0.1:8443;", format!("server {keyward};")),
        ];
        let mistakes = mistakes.iter().map(|(theirs, ours)| (*theirs, (*ours).to_owned()));
        for (theirs, ours) in local.into_iter().chain(mistakes) {
            assert_eq!(site.matches(theirs).count(), 1, "{theirs}");
            site = site.replace(theirs, &ours);
        }
        let mut running = Self::run(folder, &site);
        while TcpStream::connect(nginx).await.is_err() {
            assert!(running.0.try_wait().unwrap().is_none(), "nginx ended");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        running
    }

    /// Runs with `site` as the only one.
    fn run(folder: &Path, site: &str) -> Self {
        let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
        let place = folder.display();
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary = temporary.map(|kind| format!("{kind}_temp_path {place}/{kind};")).join("\n");
        let whole = format!(
            "{user}\ndaemon off;\npid {place}/nginx.pid;\nerror_log {place}/error.log;\nevents {{}}\nhttp {{\n{temporary}\n{site}\n}}\n"
        );
        let configuration = folder.join("nginx.conf");
        std::fs::write(&configuration, whole).unwrap();
        // Debian keeps it where only root looks.
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
        let mut nginx = Command::new("nginx");
        nginx.env("PATH", path);
        nginx.args([
            "-p",
            folder.to_str().unwrap(),
            "-e",
            "error.log",
            "-c",
            configuration.to_str().unwrap(),
        ]);
        let nginx = nginx.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn();
        Self(nginx.expect("nginx must be installed (package nginx-light)"))
    }
}

/// Keyward behind nginx.
struct Behind {
    at: Installed,
    keyward: SocketAddr,
    nginx: SocketAddr,
    plain: SocketAddr,
    /// Speaks HTTP/1.1 only, to write requests by hand.
    client: Arc<ClientConfig>,
    https: Https,
    _running: Nginx,
}

async fn start(at: Installed) -> Behind {
    let (keyward, nginx, plain) = (free(), free(), free());
    at.write(ISSUER, &keyward.to_string(), SETTINGS);
    let authority = Authority::new();
    let (chain, key) = authority.issue("id.example.com", GOOD, SystemClock.now());
    let pair = Pair::write(at.folder.path(), &chain, &key.serialize_pem());
    let running = Nginx::start(at.folder.path(), &pair, Places { nginx, plain, keyward }, &[]).await;
    let https = Https::new(authority.client(&[&TLS13, &TLS12], &["h2", "http/1.1"]), PEOPLE, nginx);
    let client = authority.client(&[&TLS13, &TLS12], &["http/1.1"]);
    Behind { at, keyward, nginx, plain, client, https, _running: running }
}

impl Behind {
    async fn get(&self, path: &str, headers: &[(&'static str, &str)]) -> (Page, Version) {
        let url = Url::parse(&format!("{ISSUER}{path}")).unwrap();
        self.https.send(Method::GET, &url, lines(headers), None).await
    }

    /// The application redeems its code through nginx too.
    async fn redeem(&self, wiki: &RelyingParty, page: &Page) -> Page {
        let arrival = page.arrival().unwrap_or_else(|| panic!("no arrival: {} {}", page.status, page.body));
        let form = wiki.redemption(arrival.code());
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let basic = wiki.basic();
        let headers = lines(&[
            ("authorization", basic.as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
        ]);
        let url = Url::parse(&format!("{ISSUER}/token")).unwrap();
        self.https.send(Method::POST, &url, headers, Some(body)).await.0
    }

    /// One plain request to Keyward itself, from `from`.
    async fn directly(&self, from: IpAddr, text: &str) -> String {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::new(from, 0)).unwrap();
        let mut stream = socket.connect(self.keyward).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        raw::read_to_end(&mut stream).await
    }
}

fn lines(headers: &[(&'static str, &str)]) -> HeaderMap {
    headers
        .iter()
        .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap()))
        .collect()
}

#[tokio::test]
async fn a_person_signs_in_through_nginx_while_keyward_is_killed_and_started_again() {
    let at = Installed::new();
    at.write(ISSUER, "127.0.0.1:8443", SETTINGS);
    let (ada, registered) = prepare(&at).await;
    let wiki = RelyingParty::of(registered, ISSUER);
    let behind = start(at).await;
    let serving = behind.at.serve().await;

    let (page, version) = behind.get("/.well-known/openid-configuration", &[]).await;
    assert_eq!((page.status.as_u16(), version), (200, Version::HTTP_2));
    assert_eq!(page.json()["issuer"], ISSUER);
    assert_eq!(page.header("strict-transport-security"), Some("max-age=63072000"));
    assert_eq!(behind.get("/ready", &[]).await.0.status, 403, "health is not for everybody");
    let plain = raw::send(behind.plain, raw::get("id.example.com", "/authorize?x=1", "")).await;
    assert_eq!((plain.status, plain.header("location")), (308, Some("https://id.example.com/authorize?x=1")));

    let mut browser = Browser::over(behind.https.clone());
    let request: Request = wiki.request();
    let page = browser.open(request.url()).await;
    assert!(page.has("login"), "{}", page.body);
    serving.kill();
    assert_eq!(behind.get("/jwks.json", &[]).await.0.status, 502);
    let serving = behind.at.serve().await;
    let page = finish(&mut browser, &page, &ada).await;
    let tokens = behind.redeem(&wiki, &page).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    assert!(tokens.json()["id_token"].is_string());
    serving.kill();

    let events = events(&behind.at).await;
    let from: Vec<_> = events.iter().filter_map(|event| event.origin.address).collect();
    assert!(from.len() >= 3 && from.iter().all(|address| *address == PEOPLE), "{from:?}");
    let log = std::fs::read_to_string(behind.at.folder.path().join("keyward.log")).unwrap();
    assert!(log.contains("GET /authorize") && !log.contains("client_id"), "no query is logged: {log}");
}

#[tokio::test]
async fn r_rl_09_forged_forwarding_headers_are_not_believed() {
    let at = Installed::new();
    at.write(ISSUER, "127.0.0.1:8443", SETTINGS);
    let (_, registered) = prepare(&at).await;
    let wiki = RelyingParty::of(registered, ISSUER);
    let behind = start(at).await;
    let serving = behind.at.serve().await;

    // Through nginx: what the browser claims is overwritten.
    let forged = [
        ("x-forwarded-for", "203.0.113.7"),
        ("x-forwarded-host", "evil.example"),
        ("forwarded", "for=203.0.113.7;host=evil.example"),
    ];
    let mut browser = Browser::over(behind.https.clone());
    browser.headers = lines(&forged);
    let page = browser.open(wiki.request().url()).await;
    let wrong = [("username", "ada"), ("password", "Summer 2026 in Rome")];
    browser.submit(&page, "login", &wrong).await;

    // Past nginx, from a machine that is no declared proxy: the headers count for nothing.
    let claims = "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Host: id.example.com\r\n";
    let answer = behind.directly(PEOPLE, &raw::get("evil.example", "/jwks.json", claims)).await;
    assert!(answer.starts_with("HTTP/1.1 421"), "{answer}");
    let unknown = "/authorize?client_id=nobody&response_type=code";
    let answer = behind.directly(PEOPLE, &raw::get("id.example.com", unknown, claims)).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    // The declared proxy is believed.
    let claims = "X-Forwarded-For: 198.51.100.4\r\nX-Forwarded-Host: id.example.com\r\n";
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let answer = behind.directly(here, &raw::get("127.0.0.1:8443", unknown, claims)).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    // A foreign name in front of nginx is refused behind it.
    let mut stream = connect(&behind.client, PEOPLE, behind.nginx, "id.example.com").await.unwrap();
    stream.write_all(raw::get("evil.example", "/jwks.json", "").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 421"), "{answer}");
    serving.kill();

    let addresses: Vec<_> =
        events(&behind.at).await.iter().filter_map(|event| event.origin.address).collect();
    let proxied: IpAddr = "198.51.100.4".parse().unwrap();
    assert!(addresses.contains(&PEOPLE) && addresses.contains(&proxied), "{addresses:?}");
    assert!(addresses.iter().all(|address| [PEOPLE, proxied].contains(address)), "{addresses:?}");
}
