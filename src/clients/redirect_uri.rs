//! Redirect URIs: what may be registered (R-AZ-03), and when a presented one equals it (R-AZ-02, R-AZ-04).

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::config::Site;

/// A registered redirect URI, kept to the byte as it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// Checks `text` for registration; the error is a sentence that names what is wrong.
    pub fn register(text: &str, native: bool, site: &Site) -> Result<Self, String> {
        let uri = admissible(text)?;
        let native_loopback = native && uri.scheme() == "http" && is_loopback_literal(&uri);
        if !native_loopback {
            site.admit(&uri).map_err(|reason| format!("{text:?}: {reason}"))?;
        }
        Ok(Self(text.to_owned()))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `presented` is this URI: byte for byte; native clients on a loopback IP literal may vary the port.
    pub fn matches(&self, presented: &str, native: bool) -> bool {
        self.0 == presented || (native && self.matches_but_for_port(presented))
    }

    fn matches_but_for_port(&self, presented: &str) -> bool {
        let (Ok(registered), Ok(uri)) = (Url::parse(&self.0), admissible(presented)) else {
            return false;
        };
        let same = |part: fn(&Url) -> Option<&str>| part(&registered) == part(&uri);
        is_loopback_literal(&registered)
            && uri.scheme() == registered.scheme()
            && same(Url::host_str)
            && uri.path() == registered.path()
            && same(Url::query)
    }
}

/// The rules for any URI a client registers: absolute, plain ASCII, nothing that parsers read differently.
pub fn admissible(text: &str) -> Result<Url, String> {
    let fault = |reason: &str| Err(format!("{text:?}: {reason}"));
    if text.len() > 2048 {
        return Err("a URI may have 2,048 characters at most".to_owned());
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) || text.contains(['\\', '*', '"', '<', '>', '\'']) {
        return fault("only plain printable ASCII is allowed, without blanks, quotes, '\\', '<', '>' or '*'");
    }
    let Ok(uri) = Url::parse(text) else {
        return fault("this is not an absolute URI");
    };
    if !matches!(uri.scheme(), "https" | "http") {
        return fault("it must begin with https://");
    }
    if !uri.username().is_empty() || uri.password().is_some() || text.contains('@') {
        return fault("it must not contain a user name ('@')");
    }
    if uri.fragment().is_some() {
        return fault("it must not contain a fragment ('#')");
    }
    if uri.host_str().is_none_or(|host| host.is_empty() || host.ends_with('.')) {
        return fault("its host is missing or ends with a dot");
    }
    if has_dot_segment(text) || uri.as_str() != text && uri.as_str() != format!("{text}/") {
        return fault(
            "it must be written in its plain form (lower-case host, no default port, no dot segments)",
        );
    }
    Ok(uri)
}

fn has_dot_segment(text: &str) -> bool {
    let path = text.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase().replace("%2e", ".");
    path.split('/').any(|segment| segment == "." || segment == "..")
}

fn is_loopback_literal(uri: &Url) -> bool {
    match uri.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        _ => false,
    }
}
