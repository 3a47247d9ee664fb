//! Parameters of queries and forms, read strictly: `application/x-www-form-urlencoded`, UTF-8 only, repeated names
//! noticed, sizes bounded (R-AZ-08, R-AZ-20, R-TR-09 to R-TR-11).

use std::collections::BTreeSet;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use super::failure::Failure;

/// So many parameters are read.
const MOST: usize = 64;
/// So many bytes of query are read.
pub const MOST_QUERY: usize = 8 * 1024;
/// So many bytes of one name are read.
const MOST_NAME: usize = 256;

/// The parameters of one query or form, in the order they came.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Parameters(Vec<(String, String)>);

/// A parameter came more than once (RFC 6749 section 3.1): which one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the parameter {0} is given more than once")]
pub struct Repeated(pub String);

impl Parameters {
    /// Reads `name=value&…`. Fails on a broken escape, on what is not UTF-8, and on too much.
    pub fn parse(text: &[u8]) -> Result<Self, Failure> {
        let mut pairs = Vec::new();
        for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            if pairs.len() == MOST {
                return Err(Failure::bad_request("too many parameters"));
            }
            let middle = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let (name, value) = pair.split_at_checked(middle).unwrap_or((pair, b""));
            let name = decode(name)?;
            if name.len() > MOST_NAME {
                return Err(Failure::bad_request("the name of a parameter is too long"));
            }
            pairs.push((name, decode(value.get(1..).unwrap_or_default())?));
        }
        Ok(Self(pairs))
    }

    /// The value of `name`. One without a value counts as absent (RFC 6749 section 3.1); one given twice is an error.
    pub fn get(&self, name: &str) -> Result<Option<&str>, Repeated> {
        let mut found = self.0.iter().filter(|(given, _)| given == name);
        let value = found.next().map(|(_, value)| value.as_str());
        match found.next() {
            Some(_) => Err(Repeated(name.to_owned())),
            None => Ok(value.filter(|value| !value.is_empty())),
        }
    }

    /// The first name that was given more than once.
    pub fn repeated(&self) -> Option<&str> {
        let mut seen = BTreeSet::new();
        self.0.iter().map(|(name, _)| name.as_str()).find(|name| !seen.insert(*name))
    }

    /// Bytes of all names and values together.
    pub fn size(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + value.len()).sum()
    }

    /// All pairs, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl std::fmt::Debug for Parameters {
    /// Names only: values may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl From<Repeated> for Failure {
    fn from(_: Repeated) -> Self {
        Self::bad_request("a parameter is given more than once")
    }
}

fn decode(text: &[u8]) -> Result<String, Failure> {
    let broken = || Failure::bad_request("a parameter has a broken escape");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = rest.next().and_then(hex).zip(rest.next().and_then(hex));
                let (high, low) = digits.ok_or_else(broken)?;
                high << 4 | low
            }
            other => *other,
        });
    }
    String::from_utf8(bytes).map_err(|_| Failure::bad_request("a parameter is not UTF-8"))
}

fn hex(digit: &u8) -> Option<u8> {
    char::from(*digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// The query's parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query(pub Parameters);

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let query = parts.uri.query().unwrap_or_default();
        if query.len() > MOST_QUERY {
            return Err(Failure::bad_request("the query is too long"));
        }
        Parameters::parse(query.as_bytes()).map(Self)
    }
}

/// The form's parameters, from the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form(pub Parameters);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Failure;

    async fn from_request(request: Request<Body>, state: &S) -> Result<Self, Failure> {
        check_form_headers(request.headers())?;
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|_| Failure::bad_request("the body could not be read"))?;
        Parameters::parse(&body).map(Self)
    }
}

/// A form's content type, given once, in UTF-8, and not packed (R-TR-10).
fn check_form_headers(headers: &HeaderMap) -> Result<(), Failure> {
    refuse_encoding(headers)?;
    let mut kinds = headers.get_all(header::CONTENT_TYPE).iter();
    let kind = kinds.next().and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let mut parts = kind.split(';').map(str::trim);
    let is_form =
        parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/x-www-form-urlencoded"));
    let utf8 =
        parts.all(|part| part.is_empty() || part.replace('"', "").eq_ignore_ascii_case("charset=utf-8"));
    if is_form && utf8 && kinds.next().is_none() {
        return Ok(());
    }
    Err(Failure::unsupported_media("the body must be application/x-www-form-urlencoded in UTF-8"))
}

/// Refuses a packed body: 415 (R-TR-10).
pub fn refuse_encoding(headers: &HeaderMap) -> Result<(), Failure> {
    if headers.contains_key(header::CONTENT_ENCODING) {
        return Err(Failure::unsupported_media("a body with Content-Encoding is not accepted"));
    }
    Ok(())
}
