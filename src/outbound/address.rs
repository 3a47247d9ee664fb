//! Where requests may go (R-OB-01): pure, so that every rule is tested without a network.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};
use url::Url;

use crate::config::Site;

/// Why a request was not sent; a sentence for administrators.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a request to {host} is not allowed: {reason}")]
pub struct Refused {
    host: String,
    reason: String,
}

/// Host and port of one request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// As in the address: lower case, IPv6 in brackets.
    pub host: String,
    /// The port, the scheme's own where none is written.
    pub port: u16,
}

/// Which targets are allowed.
#[derive(Debug, Clone, Default)]
pub struct AddressRules {
    loopback_mode: bool,
    entered: BTreeSet<Target>,
}

impl AddressRules {
    /// The rules of `site`: in loopback mode only host `localhost` (R-CO-11), else public addresses by https.
    pub fn of(site: &Site) -> Self {
        Self { loopback_mode: site.is_loopback(), entered: BTreeSet::new() }
    }

    /// Also allows host and port of `url`, wherever it leads and by plain http too, because an administrator entered it.
    pub fn entered(mut self, url: &Url) -> Self {
        self.entered.extend(target(url));
        self
    }

    /// Host and port of `url`, if scheme and form are allowed.
    pub fn target(&self, url: &Url) -> Result<Target, Refused> {
        let refuse = |reason: &str| Refused {
            host: url.host_str().unwrap_or("(no host)").to_owned(),
            reason: reason.to_owned(),
        };
        let target = target(url).ok_or_else(|| refuse("the address has no host"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("the address holds a user name or password"));
        }
        let plain = self.entered.contains(&target) || self.loopback_mode;
        match url.scheme() {
            "https" => Ok(target),
            "http" if plain => Ok(target),
            "http" => Err(refuse("plain http is only possible to a host that an administrator entered")),
            _ => Err(refuse("the address does not begin with https://")),
        }
    }

    /// Whether a request to `target` may connect to `addresses`, to which its host resolved. One bad address spoils all:
    /// whoever answers with a mixture is up to something.
    pub fn admit(&self, target: &Target, addresses: &[IpAddr]) -> Result<(), Refused> {
        let refuse = |reason: String| Err(Refused { host: target.host.clone(), reason });
        if addresses.is_empty() {
            return refuse("the name has no address".to_owned());
        }
        if self.entered.contains(target) {
            return Ok(());
        }
        if self.loopback_mode {
            let here = target.host == "localhost" && addresses.iter().all(IpAddr::is_loopback);
            let reason = "in loopback mode requests go to host localhost only";
            return if here { Ok(()) } else { refuse(reason.to_owned()) };
        }
        match addresses.iter().find_map(|ip| kind(*ip).map(|kind| (ip, kind))) {
            Some((ip, kind)) => {
                refuse(format!("{ip} is {kind}, and no administrator entered this host and port"))
            }
            None => Ok(()),
        }
    }
}

fn target(url: &Url) -> Option<Target> {
    Some(Target { host: url.host_str()?.to_owned(), port: url.port_or_known_default()? })
}

/// What makes an address unfit to be asked on a stranger's word; `None` for public ones.
pub fn kind(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => V4.iter().find(|(net, _)| net.contains(&address)).map(|(_, kind)| *kind),
        IpAddr::V6(address) if !GLOBAL.contains(&address) => Some("not a global unicast address"),
        IpAddr::V6(address) => V6.iter().find(|(net, _)| net.contains(&address)).map(|(_, kind)| *kind),
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6(first: u16, second: u16, length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0), length)
}

/// IANA's special-purpose registry for IPv4 (RFC 6890), multicast and the reserved rest.
const V4: [(Ipv4Net, &str); 16] = [
    (v4(0, 0, 0, 0, 8), "this network"),
    (v4(10, 0, 0, 0, 8), "private"),
    (v4(100, 64, 0, 0, 10), "shared by carriers"),
    (v4(127, 0, 0, 0, 8), "loopback"),
    (v4(169, 254, 0, 0, 16), "link-local"),
    (v4(172, 16, 0, 0, 12), "private"),
    (v4(192, 0, 0, 0, 24), "reserved for protocols"),
    (v4(192, 0, 2, 0, 24), "for documentation"),
    (v4(192, 31, 196, 0, 24), "reserved for protocols"),
    (v4(192, 88, 99, 0, 24), "a relay"),
    (v4(192, 168, 0, 0, 16), "private"),
    (v4(198, 18, 0, 0, 15), "for benchmarks"),
    (v4(198, 51, 100, 0, 24), "for documentation"),
    (v4(203, 0, 113, 0, 24), "for documentation"),
    (v4(224, 0, 0, 0, 4), "multicast"),
    (v4(240, 0, 0, 0, 4), "reserved"),
];

/// Everything outside is loopback, link-local, unique local, multicast, an IPv4 address in disguise (mapped, NAT64) or
/// not in use.
const GLOBAL: Ipv6Net = v6(0x2000, 0, 3);

const V6: [(Ipv6Net, &str); 4] = [
    (v6(0x2001, 0, 23), "reserved for protocols (tunnels)"),
    (v6(0x2001, 0xdb8, 32), "for documentation"),
    (v6(0x2002, 0, 16), "an IPv4 address in disguise"),
    (v6(0x3fff, 0, 20), "for documentation"),
];
