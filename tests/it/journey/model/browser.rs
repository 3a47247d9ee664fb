//! A browser that speaks to the router itself, without a socket: thousands of requests a second.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use keyward::web::client_ip::Peer;
use tower::ServiceExt as _;

/// The session cookie's full name.
pub const SESSION: &str = "__Host-keyward-session";
/// The browser cookie's full name.
pub const BROWSER: &str = "__Host-keyward-browser";

/// One answer.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    pub status: u16,
    pub location: Option<String>,
    pub retry_after: Option<String>,
    pub body: String,
    cookies: Vec<String>,
}

/// Where everything is sent.
pub struct Wire {
    pub router: Router,
    pub host: String,
    pub issuer: String,
}

impl Wire {
    /// Sends one request as nobody in particular.
    pub async fn send(&self, request: axum::http::request::Builder, body: String) -> Seen {
        let mut request = request
            .header(header::HOST, &self.host)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap();
        let address: SocketAddr = "127.0.0.1:50000".parse().unwrap();
        request.extensions_mut().insert(Peer { address, encrypted: false });
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let text = |value: &axum::http::HeaderValue| value.to_str().unwrap().to_owned();
        let headers = answer.headers();
        let (location, retry_after, cookies) = (
            headers.get(header::LOCATION).map(text),
            headers.get(header::RETRY_AFTER).map(text),
            headers.get_all(header::SET_COOKIE).iter().map(text).collect(),
        );
        let status = answer.status().as_u16();
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        Seen { status, location, retry_after, cookies, body: String::from_utf8(body.to_vec()).unwrap() }
    }
}

/// One browser: its cookies, and the page it shows.
#[derive(Debug, Clone, Default)]
pub struct Browser {
    pub cookies: BTreeMap<String, String>,
    pub page: Seen,
}

impl Browser {
    /// GET; a POST if there are fields.
    pub async fn request(&mut self, wire: &Wire, path: &str, fields: Option<&str>) -> Seen {
        let path = path.strip_prefix(&wire.issuer).unwrap_or(path);
        let method = if fields.is_some() { "POST" } else { "GET" };
        let mut request = Request::builder().method(method).uri(path).header("sec-fetch-site", "same-origin");
        let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !pairs.is_empty() {
            request = request.header(header::COOKIE, pairs.join("; "));
        }
        let seen = wire.send(request, fields.unwrap_or_default().to_owned()).await;
        for line in &seen.cookies {
            let (pair, attributes) = line.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        seen
    }

    /// The id of the session that its cookie claims.
    pub fn sid(&self) -> Option<&str> {
        Some(self.cookies.get(SESSION)?.split_once('.')?.0)
    }
}

impl Seen {
    /// The own path it redirects to.
    pub fn next(&self, issuer: &str) -> Option<String> {
        let location = self.location.as_deref()?;
        let own = location.strip_prefix(issuer).unwrap_or(location);
        own.starts_with('/').then(|| own.to_owned())
    }

    /// The address of the application that it leads to, by redirect or hand-over page.
    pub fn leaves_for(&self) -> Option<String> {
        if let Some(location) = self.location.as_deref().filter(|to| to.starts_with("https://")) {
            return Some(location.to_owned());
        }
        let link = self.between("id=\"go\"", ">")?;
        let href = link.split_once("href=\"")?.1.trim_end_matches('"');
        Some(href.replace("&amp;", "&").replace("&#x2f;", "/").replace("&#x3d;", "="))
    }

    /// The id of its main form, where that is sent, and its token.
    pub fn form(&self) -> Option<(&str, &str, &str)> {
        let form = self.between("<form id=\"", ">")?;
        let id = form.split_once('"')?.0;
        let action = form.split_once("action=\"")?.1.split_once('"')?.0;
        let token = self.between("name=\"form_token\" value=\"", "\"")?;
        Some((id, action, token))
    }

    /// The text after `before` up to `after`.
    pub fn between(&self, before: &str, after: &str) -> Option<&str> {
        let tail = self.body.split_once(before)?.1;
        Some(tail.split_once(after)?.0)
    }

    /// All texts between `before` and `after`.
    pub fn each_between(&self, before: &str, after: &str) -> Vec<&str> {
        let tails = self.body.split(before).skip(1);
        tails.filter_map(|tail| Some(tail.split_once(after)?.0)).collect()
    }
}
