//! The site: under which one address the world knows us. The only place that decides loopback mode (R-CO-11)
//! and the only place that asks a URI for its scheme.

use url::{Host, Url};

use super::reader::Section;
use super::wrong::WrongSetting;

/// The issuer and what follows from it. Made once at start-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    issuer: String,
    host: String,
    default_port: &'static str,
    loopback: bool,
}

/// Why an address is not admissible; its text completes the sentence "The address …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAdmissible(String);

impl Site {
    /// The site of `issuer`: an `https` origin, or `http://localhost:<port>`, which switches loopback mode on.
    /// An origin only: no path, query, fragment, user, trailing slash, capital letters or default port.
    pub fn new(issuer: &str) -> Result<Self, NotAdmissible> {
        let url = Url::parse(issuer).map_err(|error| NotAdmissible(format!("is no address ({error})")))?;
        let loopback = is_http_localhost(&url);
        let origin = url.origin().ascii_serialization();
        match url.scheme() {
            "https" => {}
            "http" if loopback && url.port().is_some() => {}
            "http" if loopback => {
                return Err(NotAdmissible("names no port, such as http://localhost:8443".to_owned()));
            }
            "http" => {
                return Err(NotAdmissible(
                    "is plain http, which is only possible for http://localhost:<port>".to_owned(),
                ));
            }
            _ => return Err(NotAdmissible("does not begin with https://".to_owned())),
        }
        if origin != issuer {
            return Err(NotAdmissible(format!("is more than, or a different spelling of, {origin}")));
        }
        let host = origin.split_once("://").map(|(_, host)| host.to_owned()).unwrap_or_default();
        Ok(Self { issuer: origin, host, default_port: if loopback { ":80" } else { ":443" }, loopback })
    }

    /// The issuer, byte for byte as in every token's `iss` (OpenID Connect Core section 2).
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The absolute address of `path`, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// Our origin as browsers write it in the header `Origin` (RFC 6454 section 7). Equal to the issuer.
    pub fn origin(&self) -> &str {
        &self.issuer
    }

    /// Host, and port unless it is the scheme's own, as in the header `Host`.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The host alone, as certificates name it: no port, no brackets.
    pub fn host_name(&self) -> &str {
        let port =
            self.host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
        port.map_or(self.host.as_str(), |(host, _)| host).trim_matches(['[', ']'])
    }

    /// Whether `authority`, from a `Host` header, means this site: letter case and a written default port do not matter.
    pub fn is_host(&self, authority: &str) -> bool {
        let bare = authority.strip_suffix(self.default_port).unwrap_or(authority);
        bare.eq_ignore_ascii_case(&self.host)
    }

    /// Whether loopback mode is on.
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// Whether a client's address may be used here: `https`, or in loopback mode `http` on host `localhost`.
    /// Other rules for redirect addresses (R-AZ-03) come on top of it.
    pub fn admit(&self, address: &Url) -> Result<(), NotAdmissible> {
        let why = match address.scheme() {
            "https" => return Ok(()),
            "http" if self.loopback && is_http_localhost(address) => return Ok(()),
            "http" if self.loopback => "is plain http on another host than localhost",
            "http" => "is plain http, and only https is possible here",
            _ => "does not begin with https://",
        };
        Err(NotAdmissible(why.to_owned()))
    }
}

fn is_http_localhost(url: &Url) -> bool {
    url.scheme() == "http" && url.host() == Some(Host::Domain("localhost"))
}

/// Reads the key `issuer`; `http://localhost:8443` without one.
pub(super) fn read(top: &mut Section) -> Result<Site, WrongSetting> {
    let issuer = top.text_or("issuer", "http://localhost:8443")?;
    Site::new(&issuer).map_err(|why| {
        let right = "write scheme, host and port only, such as \"https://id.example.com\", or \"http://localhost:8443\" to try it";
        top.wrong("issuer", &format!("is \"{issuer}\", which {why}"), right)
    })
}
