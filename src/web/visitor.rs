//! Who asks, as far as HTTP tells: address, cookies, languages, and the request's id.

use std::net::IpAddr;

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use super::client_ip::{ClientAddress, Peer, client_address};
use super::{Cookies, Failure, Languages, RequestId};
use crate::audit::Origin;
use crate::config::proxies::Proxies;

/// Finds the client's address (R-RL-09), once.
pub fn name_client(proxies: &Proxies, request: &mut Request) {
    if let Some(peer) = request.extensions().get::<Peer>() {
        let address = client_address(peer.address.ip(), request.headers(), proxies);
        request.extensions_mut().insert(address);
    }
}

/// One request's sender.
#[derive(Clone)]
pub struct Visitor {
    /// The client's address, or a proxy's that did not name the client: for limits and events.
    pub address: IpAddr,
    /// The same with the word whether it is the client's: for permissions.
    pub client: ClientAddress,
    /// Its cookies.
    pub cookies: Cookies,
    /// The request's id.
    pub request: RequestId,
    /// The languages wished so far: whoever learns of another wish adds it.
    pub languages: Languages,
    /// All headers, for the checks of forms.
    pub headers: HeaderMap,
}

impl Visitor {
    /// Where events say it came from.
    pub fn origin(&self) -> Origin {
        Origin::new(
            Some(self.address),
            self.header(header::USER_AGENT),
            Some(self.request.as_str().to_owned()),
        )
    }

    fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl std::fmt::Debug for Visitor {
    /// Without headers: `Cookie` and `Authorization` are secrets (R-KS-06).
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Visitor")
            .field("client", &self.client)
            .field("cookies", &self.cookies)
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let incomplete = || Failure::internal("the request passed no listener of ours");
        let client: ClientAddress = *parts.extensions.get().ok_or_else(incomplete)?;
        let request = parts.extensions.get::<RequestId>().cloned().ok_or_else(incomplete)?;
        let languages = parts.extensions.get::<Languages>().cloned().ok_or_else(incomplete)?;
        let cookies = Cookies::read(&parts.headers)?;
        Ok(Self { address: client.ip(), client, cookies, request, languages, headers: parts.headers.clone() })
    }
}
