//! The authorization request, parameter for parameter as the built-in client sends it: no PKCE, no `response_mode`,
//! `prompt=login` only where the browser's present session was itself made by single sign-on.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use url::Url;

use super::cookie::{self, Purpose};
use super::flow::Flow;
use super::provider::Provider;
use super::{Application, Fault, routes};
use crate::foundation::random;
use crate::foundation::secret::{BrowserSecret, Plain};
use crate::web::{Failure, Visitor};

/// How a sign-in is to be started.
#[derive(Debug, Clone, Default)]
pub struct Start {
    /// Where the browser goes in the end: an own path; the home page where empty.
    pub destination: String,
    /// Handed in by whoever started the sign-in.
    pub login_hint: Option<String>,
    /// Whether the browser has a session made by single sign-on that was not dropped.
    pub signed_in: bool,
}

impl Application {
    /// Sends the browser to the provider.
    pub(super) async fn start(&self, visitor: &Visitor, start: Start) -> Result<Response, Failure> {
        let provider = match self.provider().await {
            Ok(provider) => provider,
            Err(fault) => return Ok(self.fault_page(visitor, &fault)),
        };
        let known = cookie::read::<BrowserSecret>(&visitor.cookies, Purpose::Flow, self.port());
        let browser = known.unwrap_or_else(|| Plain::generate(self.random.as_ref()));
        let (state, nonce) =
            (random::base64url::<32>(self.random.as_ref()), random::base64url::<32>(self.random.as_ref()));
        let address = self.authorization_request(&provider, &start, &state, &nonce);
        let flow = Flow {
            browser: browser.hash(),
            nonce,
            destination: start.destination,
            started: self.clock.now(),
        };
        self.flows.insert(state, flow);
        let mut response = redirect(address.as_str())?;
        let line = cookie::set(Purpose::Flow, self.port(), &browser)?;
        response.headers_mut().append(header::SET_COOKIE, line);
        Ok(response)
    }

    /// The whole address, parameters in the client's order.
    pub fn authorization_request(&self, provider: &Provider, start: &Start, state: &str, nonce: &str) -> Url {
        let mut address = provider.authorization_endpoint.clone();
        address
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.configuration.client_id)
            .append_pair("redirect_uri", &self.redirect_uri())
            .append_pair("scope", &self.configuration.mapping.scope())
            .append_pair("state", state)
            .append_pair("nonce", nonce);
        if start.signed_in {
            address.query_pairs_mut().append_pair("prompt", "login");
        }
        if let Some(hint) = &start.login_hint {
            address.query_pairs_mut().append_pair("login_hint", hint);
        }
        address
    }

    /// Where answers come: made from the configured base address, never from the request.
    pub fn redirect_uri(&self) -> String {
        format!("{}{}", self.configuration.base_url, routes::CALLBACK)
    }

    /// The page of a failed sign-in.
    pub(super) fn fault_page(&self, visitor: &Visitor, fault: &Fault) -> Response {
        tracing::info!(application = self.configuration.name, %fault, "a sign-in to a demo application failed");
        let page = crate::pages::demo_pages::DemoError {
            application: self.shown(),
            error: fault.error.clone(),
            description: fault.description.clone(),
            log_in: routes::EXTERNAL_LOGIN.to_owned(),
        };
        self.web.page(visitor, fault.status, &page, &crate::web::PagePolicy::default())
    }

    /// The own port, which sets the cookies of two applications apart.
    pub(super) fn port(&self) -> u16 {
        Url::parse(&self.configuration.base_url).ok().and_then(|url| url.port()).unwrap_or_default()
    }
}

/// 302, kept by nobody.
pub(super) fn redirect(address: &str) -> Result<Response, Failure> {
    let location = HeaderValue::from_str(address).map_err(Failure::internal)?;
    let headers =
        [(header::LOCATION, location), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((StatusCode::FOUND, headers).into_response())
}

/// An own path from what was handed in: a path, or an address on the own origin. Anything else is the home page.
pub(super) fn own_path(base_url: &str, wished: &str) -> String {
    let whole = Url::parse(base_url).and_then(|base| base.join(wished).map(|url| (base, url)));
    match whole {
        Ok((base, url)) if url.origin() == base.origin() => match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        },
        _ => "/".to_owned(),
    }
}
