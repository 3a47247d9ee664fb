//! The client's address: the peer's, or, behind declared proxies, what they vouch for (R-RL-09).
//!
//! A proxy appends to what the client sent. So hops are read from the right, as bytes, and only as far as needed: nothing
//! that the client wrote is ever looked at.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header};

use crate::config::proxies::{ForwardedHeader, Proxies};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// Who is at the other end of the connection. The listener puts it into the request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// The other end's address.
    pub address: SocketAddr,
    /// Whether the connection is encrypted by us.
    pub encrypted: bool,
}

/// An address, and whether it is the client's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAddress {
    /// The client's: a direct peer that is no declared proxy, or a hop that declared proxies report and that is none.
    Vouched(IpAddr),
    /// A declared proxy's, because it did not say for whom it asks. Good for limits and events, never for permissions:
    /// it stands for everybody behind that proxy (R-CO-05).
    Fallback(IpAddr),
}

impl ClientAddress {
    /// The address for limits and events.
    pub fn ip(self) -> IpAddr {
        match self {
            Self::Vouched(address) | Self::Fallback(address) => address,
        }
    }

    /// The address a permission may rest on.
    pub fn vouched(self) -> Option<IpAddr> {
        match self {
            Self::Vouched(address) => Some(address),
            Self::Fallback(_) => None,
        }
    }
}

/// The address of the client: behind declared proxies the right-most hop that is none of them. What cannot be read
/// is never skipped: then the peer's own address is the fallback.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, proxies: &Proxies) -> ClientAddress {
    let peer = peer.to_canonical();
    if !proxies.is_trusted(peer) {
        return ClientAddress::Vouched(peer);
    }
    let mut nearest = peer;
    for element in from_the_right(headers, proxies.header) {
        let Some(address) = hop_address(element, proxies.header) else {
            return ClientAddress::Fallback(peer);
        };
        if !proxies.is_trusted(address) {
            return ClientAddress::Vouched(address);
        }
        nearest = address;
    }
    ClientAddress::Fallback(nearest)
}

/// For whom the nearest proxy asks, by its own word, believed or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NearestHop {
    /// There is no header about it.
    Unsaid,
    /// What stands there is no address.
    Unreadable,
    /// This address.
    Address(IpAddr),
}

/// What stands last in the header of this kind.
pub fn nearest_hop(headers: &HeaderMap, kind: ForwardedHeader) -> NearestHop {
    match from_the_right(headers, kind).next() {
        None => NearestHop::Unsaid,
        Some(element) => hop_address(element, kind).map_or(NearestHop::Unreadable, NearestHop::Address),
    }
}

/// The host the client addressed, as a declared proxy vouches for it; `None` where it does not say.
pub fn forwarded_host(peer: IpAddr, headers: &HeaderMap, proxies: &Proxies) -> Option<String> {
    if !proxies.is_trusted(peer) {
        return None;
    }
    let host = match proxies.header {
        ForwardedHeader::XForwarded => {
            let line = headers.get_all(X_FORWARDED_HOST).iter().next_back()?;
            text(line.as_bytes().rsplit(|byte| *byte == b',').next()?)?
        }
        ForwardedHeader::Forwarded => {
            let nearest = from_the_right(headers, proxies.header).next()?;
            parameter(text(nearest)?, "host")?
        }
    };
    Some(host.to_owned())
}

/// What each proxy wrote, the nearest first. Later lines stand to the right.
fn from_the_right(headers: &HeaderMap, kind: ForwardedHeader) -> impl Iterator<Item = &[u8]> {
    let name = match kind {
        ForwardedHeader::XForwarded => X_FORWARDED_FOR,
        ForwardedHeader::Forwarded => header::FORWARDED,
    };
    let lines = headers.get_all(name).into_iter().rev();
    lines.flat_map(move |line| {
        let mut quoted = false;
        let at_comma = move |byte: &u8| {
            quoted ^= *byte == b'"' && kind == ForwardedHeader::Forwarded;
            *byte == b',' && !quoted
        };
        line.as_bytes().rsplit(at_comma)
    })
}

/// The address that one element names.
fn hop_address(element: &[u8], kind: ForwardedHeader) -> Option<IpAddr> {
    let hop = match kind {
        ForwardedHeader::XForwarded => text(element),
        ForwardedHeader::Forwarded => text(element).and_then(|element| parameter(element, "for")),
    };
    hop.and_then(parse_hop)
}

/// One element as text, without the blanks around it.
fn text(element: &[u8]) -> Option<&str> {
    std::str::from_utf8(element).ok().map(str::trim)
}

/// Splits at semicolons outside quotes; `None` when a quote is left open or an escape stands in one.
fn pairs(element: &str) -> Option<Vec<&str>> {
    let mut quoted = false;
    let at_semicolon = |character: char| {
        quoted ^= character == '"';
        character == ';' && !quoted
    };
    let pairs: Vec<_> = element.split(at_semicolon).collect();
    (!quoted && !element.contains('\\')).then_some(pairs)
}

/// The value of one parameter of a `Forwarded` element (RFC 7239 section 4), given once and well-formed.
fn parameter<'a>(element: &'a str, wanted: &str) -> Option<&'a str> {
    let mut found = None;
    for pair in pairs(element)? {
        let (name, value) = pair.trim().split_once('=')?;
        if name.eq_ignore_ascii_case(wanted) {
            let bare = value.strip_prefix('"').map_or(Some(value), |open| open.strip_suffix('"'))?;
            if found.replace(bare).is_some() {
                return None;
            }
        }
    }
    found
}

/// An address as proxies write it: `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let bracketed = || hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(IpAddr::V6);
    let with_port = || hop.parse::<SocketAddr>().ok().map(|address| address.ip());
    let found = hop.parse::<IpAddr>().ok().or_else(bracketed).or_else(with_port)?;
    Some(found.to_canonical())
}
