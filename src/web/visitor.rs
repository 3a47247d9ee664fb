//! Who asks, as far as HTTP tells: address, cookies, languages, and the request's id.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;

use super::client_ip::{Peer, client_address};
use super::{Cookies, Failure, RequestId};
use crate::audit::Origin;
use crate::config::proxies::Proxies;

/// The client's address (R-RL-09), put into the request by [`name_client`].
#[derive(Debug, Clone, Copy)]
struct ClientAddress(IpAddr);

/// The layer that finds the client's address, once.
pub async fn name_client(State(proxies): State<Arc<Proxies>>, mut request: Request, next: Next) -> Response {
    if let Some(peer) = request.extensions().get::<Peer>() {
        let address = client_address(peer.address.ip(), request.headers(), &proxies);
        request.extensions_mut().insert(ClientAddress(address));
    }
    next.run(request).await
}

/// One request's sender.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The client's address.
    pub address: IpAddr,
    /// Its cookies.
    pub cookies: Cookies,
    /// The request's id.
    pub request: RequestId,
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

    /// The languages the browser prefers.
    pub fn languages(&self) -> Option<&str> {
        self.header(header::ACCEPT_LANGUAGE)
    }

    fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let incomplete = || Failure::internal("the request passed no listener of ours");
        let ClientAddress(address) = *parts.extensions.get().ok_or_else(incomplete)?;
        let request = parts
            .extensions
            .get::<RequestId>()
            .cloned()
            .ok_or_else(incomplete)?;
        let cookies = Cookies::read(&parts.headers)?;
        Ok(Self {
            address,
            cookies,
            request,
            headers: parts.headers.clone(),
        })
    }
}
