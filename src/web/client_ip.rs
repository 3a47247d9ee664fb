//! The client's address: the peer's, or, behind declared proxies, what they vouch for (R-RL-09).

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::config::proxies::{ForwardedHeader, Proxies};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Who is at the other end of the connection. The listener puts it into the request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// The other end's address.
    pub address: SocketAddr,
    /// Whether the connection is encrypted by us.
    pub encrypted: bool,
}

/// The address of the client: behind declared proxies the right-most hop that is none of them. What cannot be read
/// is never skipped: then the peer's own address counts.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, proxies: &Proxies) -> IpAddr {
    let peer = peer.to_canonical();
    if !proxies.is_trusted(peer) {
        return peer;
    }
    let Some(hops) = hops(headers, proxies.header) else {
        return peer;
    };
    let mut client = peer;
    for hop in hops.iter().rev() {
        let Some(address) = hop.and_then(parse_hop) else {
            return peer;
        };
        client = address;
        if !proxies.is_trusted(address) {
            break;
        }
    }
    client
}

/// The network that counts as one client in limits: /32 for IPv4, /64 for IPv6 (R-RL-01).
pub fn address_class(address: IpAddr) -> IpNet {
    match address.to_canonical() {
        IpAddr::V4(address) => IpNet::V4(Ipv4Net::from(address)),
        IpAddr::V6(address) => IpNet::V6(Ipv6Net::new_assert(address, 64).trunc()),
    }
}

/// The host the client addressed, as a declared proxy vouches for it; `None` where it does not say.
pub fn forwarded_host(peer: IpAddr, headers: &HeaderMap, proxies: &Proxies) -> Option<String> {
    if !proxies.is_trusted(peer) {
        return None;
    }
    match proxies.header {
        ForwardedHeader::XForwarded => {
            let last = headers
                .get_all("x-forwarded-host")
                .iter()
                .next_back()?
                .to_str()
                .ok()?;
            last.rsplit(',').next().map(|host| host.trim().to_owned())
        }
        ForwardedHeader::Forwarded => {
            let last = headers
                .get_all(header::FORWARDED)
                .iter()
                .next_back()?
                .to_str()
                .ok()?;
            parameter(elements(last, ',')?.pop()?, "host").map(str::to_owned)
        }
    }
}

/// Every hop the header names, left to right, `None` for one without an address. `None` in all when it is malformed.
fn hops(headers: &HeaderMap, kind: ForwardedHeader) -> Option<Vec<Option<&str>>> {
    let name = match kind {
        ForwardedHeader::XForwarded => X_FORWARDED_FOR,
        ForwardedHeader::Forwarded => header::FORWARDED,
    };
    let mut hops = Vec::new();
    for line in headers.get_all(name) {
        let line = line.to_str().ok()?;
        match kind {
            ForwardedHeader::XForwarded => hops.extend(line.split(',').map(|hop| Some(hop.trim()))),
            ForwardedHeader::Forwarded => {
                hops.extend(elements(line, ',')?.iter().map(|hop| parameter(hop, "for")))
            }
        }
    }
    Some(hops)
}

/// Splits at `separator` outside quotes; `None` when a quote is left open or an escape stands in one.
fn elements(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut parts, mut start, mut quoted) = (Vec::new(), 0, false);
    for (at, character) in text.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '\\' => return None,
            other if other == separator && !quoted => {
                parts.push(text.get(start..at)?);
                start = at + separator.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text.get(start..)?);
    (!quoted).then_some(parts)
}

/// The value of one parameter of a `Forwarded` element (RFC 7239 section 4), given once and well-formed.
fn parameter<'a>(element: &'a str, wanted: &str) -> Option<&'a str> {
    let mut found = None;
    for pair in elements(element, ';')? {
        let (name, value) = pair.trim().split_once('=')?;
        if name.eq_ignore_ascii_case(wanted) {
            let bare = value
                .strip_prefix('"')
                .map_or(Some(value), |open| open.strip_suffix('"'))?;
            if found.replace(bare).is_some() {
                return None;
            }
        }
    }
    found
}

/// An address as proxies write it: `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let bracketed = || {
        hop.strip_prefix('[')?
            .strip_suffix(']')?
            .parse()
            .ok()
            .map(IpAddr::V6)
    };
    let with_port = || hop.parse::<SocketAddr>().ok().map(|address| address.ip());
    let found = hop.parse::<IpAddr>().ok().or_else(bracketed).or_else(with_port)?;
    Some(found.to_canonical())
}
