//! Security headers on every answer (R-TR-02, R-TR-04) and the policy of every page (R-TR-03, R-TR-05, R-TR-08).

use std::collections::BTreeSet;
use std::fmt;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::Url;

use crate::config::Site;
use crate::foundation::Random;
use crate::foundation::random;

use super::failure::Failure;

/// Marks a page's own script and style elements; new for every page (CSP level 3 section 2.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nonce(String);

impl Nonce {
    /// A fresh one: 128 random bits.
    pub fn generate(random: &dyn Random) -> Self {
        Self(random::base64url::<16>(random))
    }

    /// Its text, as it stands in the attribute `nonce`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a page may do beyond the strict default: `form-action 'self'` and no frames at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PagePolicy {
    frames: BTreeSet<String>,
    form_target: Option<String>,
}

impl PagePolicy {
    /// May also show these addresses in frames: the sign-out page (OpenID Connect Front-Channel Logout section 2).
    pub fn with_frames<'a>(mut self, addresses: impl IntoIterator<Item = &'a Url>) -> Self {
        self.frames.extend(addresses.into_iter().filter_map(origin));
        self
    }

    /// Sends its form there and nowhere else: `response_mode=form_post` (OAuth 2.0 Form Post Response Mode).
    pub fn with_form_target(mut self, address: &Url) -> Self {
        self.form_target = origin(address);
        self
    }

    /// The header's value.
    pub fn content_security_policy(&self, nonce: &Nonce) -> String {
        let mut policy = format!(
            "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
             connect-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action {}",
            self.form_target.as_deref().unwrap_or("'self'")
        );
        if !self.frames.is_empty() {
            let frames: Vec<_> = self.frames.iter().map(String::as_str).collect();
            policy.push_str("; frame-src ");
            policy.push_str(&frames.join(" "));
        }
        policy
    }
}

/// The origin as a source expression. It is made of scheme, host and port only, so it cannot hold `;` or a space;
/// an address without an origin gives none and so allows nothing.
fn origin(address: &Url) -> Option<String> {
    let usable = matches!(address.scheme(), "http" | "https");
    usable
        .then(|| address.origin().ascii_serialization())
        .filter(|text| !text.contains([';', ',', ' ', '\'', '*']))
}

/// A page: HTML under its policy, never kept by anyone on the way (R-TR-05).
pub fn page_response(status: StatusCode, html: String, nonce: &Nonce, policy: &PagePolicy) -> Response {
    let Ok(csp) = HeaderValue::from_str(&policy.content_security_policy(nonce)) else {
        return Failure::internal("the page's policy is no header value").into_response();
    };
    let mut response = (status, html).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, csp);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The headers that every answer bears, whatever it is.
const ALWAYS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=(), \
         publickey-credentials-create=(self), publickey-credentials-get=(self)",
    ),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// The policy of an answer that brought none: it is no page and may do nothing.
const NOT_A_PAGE: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Two years (RFC 6797). Without `includeSubDomains`: other hosts of the organisation are not ours to bind.
const HSTS: &str = "max-age=63072000";

/// Adds them. What a handler set itself stays; what says nothing of caching is not to be kept (R-TR-05).
pub fn add_security_headers(site: &Site, response: &mut Response) {
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(NOT_A_PAGE));
    if !site.is_loopback() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
}
