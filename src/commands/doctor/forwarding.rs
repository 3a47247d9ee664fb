//! What the way in makes of a request: which host it asks for, and what it says of the address it came from. Pure, from how
//! one of our own probes came in (R-TR-01, R-TR-06, R-RL-09).

use std::net::{IpAddr, Ipv4Addr};

use http::header::FORWARDED;
use http::{HeaderName, HeaderValue};

use super::Finding;
use crate::config::Site;
use crate::config::proxies::{ForwardedHeader, Proxies};
use crate::web::client_ip::NearestHop;
use crate::web::probe::Arrival;

/// The address that a probe claims to come from, as a forger would: it is nobody's (RFC 5737).
pub const CLAIMED: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 66));

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The header in which a probe claims that.
pub fn claim(kind: ForwardedHeader) -> (HeaderName, HeaderValue) {
    match kind {
        ForwardedHeader::XForwarded => (X_FORWARDED_FOR, HeaderValue::from_static("192.0.2.66")),
        ForwardedHeader::Forwarded => (FORWARDED, HeaderValue::from_static("for=192.0.2.66")),
    }
}

/// What is wrong with the way in, if a probe came in as `arrival`.
pub fn judge(arrival: &Arrival, site: &Site, proxies: &Proxies) -> Option<Finding> {
    let peer = arrival.peer;
    let declare = format!("if that is your proxy, write trusted = [\"{peer}\"] in the section [proxies]");
    if !arrival.encrypted && !arrival.is_declared && !peer.is_loopback() {
        let what =
            format!("requests to {} come in without encryption from {peer}, and are refused", site.issuer());
        return Some(Finding::wrong(what, declare));
    }
    let host = arrival.host.as_deref().unwrap_or("none");
    if !site.is_host(host) {
        let (wanted, told) = (site.host(), host.chars().take(200).collect::<String>());
        let what = format!("the proxy asks for the host {told:?} instead of {wanted}, and is refused");
        let mend =
            format!("let it pass on the host that people ask for (nginx: proxy_set_header Host {wanted};)");
        return Some(Finding::wrong(what, mend));
    }
    match arrival.hop {
        NearestHop::Address(CLAIMED) if arrival.is_declared => Some(Finding::wrong(
            format!(
                "the proxy at {peer} passes on what anybody claims in {}: every pause can be evaded",
                name(proxies)
            ),
            set_anew(proxies),
        )),
        NearestHop::Unsaid if arrival.is_declared => Some(Finding::wrong(
            format!(
                "the proxy at {peer} does not say in {} for whom it asks: all people seem to be one",
                name(proxies)
            ),
            set_anew(proxies),
        )),
        NearestHop::Unreadable if arrival.is_declared => Some(Finding::wrong(
            format!("the proxy at {peer} writes something else than an address into {}", name(proxies)),
            set_anew(proxies),
        )),
        NearestHop::Address(CLAIMED) => None,
        _ if arrival.is_declared => None,
        _ => Some(Finding::wrong(
            format!(
                "a proxy at {peer} stands in between that is not declared: all people seem to come from there"
            ),
            declare,
        )),
    }
}

fn name(proxies: &Proxies) -> &'static str {
    match proxies.header {
        ForwardedHeader::XForwarded => "X-Forwarded-For",
        ForwardedHeader::Forwarded => "Forwarded",
    }
}

fn set_anew(proxies: &Proxies) -> &'static str {
    match proxies.header {
        ForwardedHeader::XForwarded => {
            "let it set the header anew (nginx: proxy_set_header X-Forwarded-For $remote_addr;)"
        }
        ForwardedHeader::Forwarded => {
            "let it set the header anew, with for= and the address that asks it (RFC 7239), or let it write X-Forwarded-For and set \
             proxies.header"
        }
    }
}
