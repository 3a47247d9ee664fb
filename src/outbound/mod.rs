//! The only HTTP client: every request that leaves this process goes through here, with time-outs, a cap on answers,
//! and rules about where it may go.
//!
//! A host is resolved once and the connection goes to the very address that was checked. Redirects, cookies and the
//! environment's proxies are ignored.
//!
//! Must not: know a protocol above HTTP, or ask anything that nobody configured.
//! Follows: security requirements R-OB-01, R-CO-11; RFC 6761 section 6.3 (`localhost` needs no look-up).

pub mod address;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};
use url::{Host, Url};

pub use address::{AddressRules, Refused};

/// How long a connection may take to come about.
pub const CONNECT_TIME: Duration = Duration::from_secs(5);
/// How long a request may take in all.
pub const TOTAL_TIME: Duration = Duration::from_secs(10);
/// So many bytes of an answer's body are read.
pub const LARGEST_ANSWER: usize = 256 * 1024;

/// Why there is no answer. The text is for logs and administrators.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The rules forbid the address; nothing was sent.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The name is unknown, nobody listens, or it took too long.
    #[error("no answer from {0}: {1}")]
    Unreachable(String, String),
    /// The certificate of whoever answers is not good for us.
    #[error("the certificate of {0} is not accepted ({1})")]
    Untrusted(String, rustls::CertificateError),
    /// The answer is larger than is read.
    #[error("the answer from {0} is larger than 256 KiB")]
    TooLarge(String),
}

/// An answer, whole.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, 256 KiB at most.
    pub body: Vec<u8>,
}

/// The client with its rules.
#[derive(Debug, Clone)]
pub struct Outbound {
    rules: AddressRules,
}

impl Outbound {
    /// A client that goes where `rules` allow.
    pub fn new(rules: AddressRules) -> Self {
        Self { rules }
    }

    /// Asks for `url`.
    pub async fn get(&self, url: &Url, headers: HeaderMap) -> Result<Answer, OutboundError> {
        self.send(Method::GET, url, headers, None).await
    }

    /// Sends a form to `url` (`application/x-www-form-urlencoded`).
    pub async fn post_form(
        &self,
        url: &Url,
        headers: HeaderMap,
        form: &[(&str, &str)],
    ) -> Result<Answer, OutboundError> {
        self.send(Method::POST, url, headers, Some(form)).await
    }

    async fn send(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        form: Option<&[(&str, &str)]>,
    ) -> Result<Answer, OutboundError> {
        let exchange = self.exchange(method, url, headers, form);
        match tokio::time::timeout(TOTAL_TIME, exchange).await {
            Ok(answer) => answer,
            Err(_) => Err(unreachable(url, "it took longer than 10 seconds")),
        }
    }

    async fn exchange(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        form: Option<&[(&str, &str)]>,
    ) -> Result<Answer, OutboundError> {
        let target = self.rules.target(url)?;
        let addresses = resolve(url, target.port).await?;
        let ips: Vec<_> = addresses.iter().map(SocketAddr::ip).collect();
        self.rules.admit(&target, &ips)?;
        let client = client(&target.host, &addresses).map_err(|error| failed(url, &error))?;
        let mut request = client.request(method, url.clone()).headers(headers);
        if let Some(form) = form {
            request = request.form(form);
        }
        let response = request.send().await.map_err(|error| failed(url, &error))?;
        read(url, response).await
    }
}

/// A client for one request: its only knowledge of names is the address just checked.
#[expect(clippy::disallowed_methods, reason = "the one place that makes HTTP clients")]
fn client(host: &str, addresses: &[SocketAddr]) -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .connect_timeout(CONNECT_TIME)
        .timeout(TOTAL_TIME)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .pool_max_idle_per_host(0)
        .resolve_to_addrs(host, addresses)
        .build()
}

async fn resolve(url: &Url, port: u16) -> Result<Vec<SocketAddr>, OutboundError> {
    let ips: Vec<IpAddr> = match url.host() {
        Some(Host::Ipv4(address)) => vec![address.into()],
        Some(Host::Ipv6(address)) => vec![address.into()],
        Some(Host::Domain("localhost")) => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
        Some(Host::Domain(name)) => {
            let found = tokio::net::lookup_host((name, port)).await;
            let found = found.map_err(|error| unreachable(url, &error.to_string()))?;
            found.map(|address| address.ip()).collect()
        }
        None => Vec::new(),
    };
    Ok(ips.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
}

async fn read(url: &Url, mut response: reqwest::Response) -> Result<Answer, OutboundError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(url, &error))? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(OutboundError::TooLarge(place(url)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status: response.status(), headers: response.headers().clone(), body })
}

fn failed(url: &Url, error: &reqwest::Error) -> OutboundError {
    if let Some(rustls::Error::InvalidCertificate(why)) = tls_error(error) {
        return OutboundError::Untrusted(place(url), why.clone());
    }
    let mut reason: &dyn std::error::Error = error;
    while let Some(deeper) = reason.source() {
        reason = deeper;
    }
    unreachable(url, &reason.to_string())
}

/// The error of the TLS library behind `error`.
pub fn tls_error<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<rustls::Error>() {
            return Some(found);
        }
        let inside = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = match inside {
            Some(inside) => Some(inside),
            None => error.source(),
        };
    }
    None
}

fn unreachable(url: &Url, reason: &str) -> OutboundError {
    OutboundError::Unreachable(place(url), reason.to_owned())
}

/// The address without its query, which may hold secrets.
fn place(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}
