//! Cookies: ours all bear `__Host-` and are `Secure`, `HttpOnly`, `SameSite=Lax`, `Path=/` (R-SE-01).

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};

use super::failure::Failure;

/// So many cookies of one request are read (R-TR-09).
const MOST: usize = 50;

/// The cookies of a request.
#[derive(Clone, Default)]
pub struct Cookies(Vec<(String, String)>);

impl Cookies {
    /// Reads all `Cookie` headers (RFC 6265 section 5.4). More than 50 are refused; a pair that is malformed belongs
    /// to no one and is left out.
    pub fn read(headers: &HeaderMap) -> Result<Self, Failure> {
        let mut cookies = Vec::new();
        for line in headers.get_all(header::COOKIE) {
            for pair in line.as_bytes().split(|byte| *byte == b';') {
                if cookies.len() == MOST {
                    return Err(Failure::headers_too_large("more than 50 cookies"));
                }
                let pair = std::str::from_utf8(pair).unwrap_or_default().trim_matches([' ', '\t']);
                let (name, value) = pair.split_once('=').unwrap_or(("", ""));
                cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        Ok(Self(cookies))
    }

    /// The value of our cookie `name` (written without its prefix). `None` if it is absent, malformed, or sent more
    /// than once: nobody can tell then which one is ours (R-CO-05).
    pub fn get(&self, name: &str) -> Option<&str> {
        let full = full_name(name);
        let mut found = self.0.iter().filter(|(sent, _)| *sent == full);
        let (_, value) = found.next()?;
        (found.next().is_none() && is_value(value)).then_some(value)
    }
}

impl std::fmt::Debug for Cookies {
    /// Names only: values are secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl<S: Sync> FromRequestParts<S> for Cookies {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Self::read(&parts.headers)
    }
}

/// The `Set-Cookie` line for our cookie `name`; without `max_age` it lasts as long as the browser.
/// Fails when the value is not one: empty, over 128 bytes, or of characters a cookie cannot carry.
pub fn set(name: &str, value: &str, max_age: Option<Duration>) -> Result<HeaderValue, Failure> {
    if !is_value(value) {
        return Err(Failure::internal("no value for a cookie"));
    }
    let age = max_age.map(|age| format!("; Max-Age={}", age.as_secs())).unwrap_or_default();
    line(&format!("{}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{age}", full_name(name)))
}

/// The `Set-Cookie` line that removes our cookie `name`.
pub fn remove(name: &str) -> Result<HeaderValue, Failure> {
    line(&format!("{}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0", full_name(name)))
}

fn full_name(name: &str) -> String {
    format!("__Host-{name}")
}

fn line(text: &str) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::from_str(text).map_err(Failure::internal)?;
    value.set_sensitive(true);
    Ok(value)
}

/// A value of ours: handles are made of letters, digits and a few marks.
fn is_value(value: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    (1..=128).contains(&value.len()) && value.bytes().all(plain)
}
