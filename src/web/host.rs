//! Refuses requests under another host than the configured one (R-TR-06), and plain HTTP from machines that are
//! neither this one nor a declared proxy (R-TR-01). `/live` and `/ready` are exempt.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::{Uri, header};

use crate::config::Site;
use crate::config::proxies::Proxies;

use super::client_ip::{Peer, forwarded_host};
use super::failure::Failure;

/// Refuses what is not addressed to this site.
pub fn check_host(site: &Site, proxies: &Proxies, request: &Request) -> Result<(), Failure> {
    if matches!(request.uri().path(), "/live" | "/ready") {
        return Ok(());
    }
    let peer =
        request.extensions().get::<Peer>().ok_or_else(|| Failure::internal("a request without a peer"))?;
    let address = peer.address.ip().to_canonical();
    if !peer.encrypted && !address.is_loopback() && !proxies.is_trusted(address) {
        return Err(Failure::forbidden(
            "plain HTTP from a machine that is no declared proxy (proxies.trusted)",
        ));
    }
    let seen = addressed_host(address, request, proxies)?;
    if site.is_host(&seen) { Ok(()) } else { Err(Failure::misdirected(&seen, site.host())) }
}

/// The host that was asked for: as a declared proxy at `peer` says, else as the request names it.
pub(super) fn addressed_host(peer: IpAddr, request: &Request, proxies: &Proxies) -> Result<String, Failure> {
    let seen = seen_host(request)?;
    Ok(forwarded_host(peer, request.headers(), proxies).unwrap_or(seen))
}

/// The host the request names: in its target or in the one `Host` header, and the same if in both.
fn seen_host(request: &Request) -> Result<String, Failure> {
    let target = request.uri().authority().map(ToString::to_string);
    let mut lines = request.headers().get_all(header::HOST).iter();
    let named = lines.next().map(|line| line.to_str().map(str::to_owned)).transpose();
    let named = named.map_err(|_| Failure::bad_request("the Host header is malformed"))?;
    if lines.next().is_some() {
        return Err(Failure::bad_request("more than one Host header"));
    }
    let seen = match (target, named) {
        (Some(target), Some(named)) if target != named => {
            return Err(Failure::bad_request("the Host header contradicts the request's target"));
        }
        (Some(host), _) | (None, Some(host)) => host,
        (None, None) => return Err(Failure::bad_request("no Host header")),
    };
    let plain = seen.parse::<Uri>().ok().and_then(|uri| uri.authority().map(|host| host.as_str() == seen));
    if plain == Some(true) && !seen.contains('@') {
        Ok(seen)
    } else {
        Err(Failure::bad_request("the Host header is malformed"))
    }
}
