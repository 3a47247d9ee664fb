//! Cookie headers: a value that is handed out could have been set by us, and there was only one of its name.

use axum::http::{HeaderMap, HeaderValue, header};
use keyward::sessions::cookie::{NAME, SessionCookie};
use keyward::web::{Cookies, cookies};

/// `data` as a `Cookie` header.
pub fn run(data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(data) else {
        return;
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::COOKIE, value);
    let Ok(read) = Cookies::read(&headers) else { return };
    if let Some(value) = read.get(NAME) {
        assert!(cookies::set(NAME, value, None).is_ok());
    }
    if let Some(cookie) = SessionCookie::read(&read) {
        assert_eq!(read.get(NAME), Some(cookie.value().as_str()));
    }
}
