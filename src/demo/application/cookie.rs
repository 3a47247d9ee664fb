//! Cookies of an application. Their names carry its port, because browsers send one host's cookies to all its ports. They
//! are `SameSite=None` on purpose, as the real ones': answers may come by a form or in a frame of the provider.

use axum::http::HeaderValue;

use crate::foundation::secret::{Kind, Plain};
use crate::web::{Cookies, Failure};

/// What a cookie is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Binds started sign-ins to the browser.
    Flow,
    /// The application's own session.
    Session,
}

/// The cookie's name without its prefix `__Host-`.
pub fn name(purpose: Purpose, port: u16) -> String {
    match purpose {
        Purpose::Flow => format!("demo-{port}-flow"),
        Purpose::Session => format!("demo-{port}-session"),
    }
}

/// The secret a browser presents for `purpose`.
pub fn read<K: Kind>(cookies: &Cookies, purpose: Purpose, port: u16) -> Option<Plain<K>> {
    Plain::parse(cookies.get(&name(purpose, port))?)
}

/// The line that sets it; it lasts as long as the browser.
pub fn set<K: Kind>(purpose: Purpose, port: u16, secret: &Plain<K>) -> Result<HeaderValue, Failure> {
    line(&format!(
        "__Host-{}={}; Path=/; Secure; HttpOnly; SameSite=None",
        name(purpose, port),
        secret.expose()
    ))
}

/// The line that removes it.
pub fn remove(purpose: Purpose, port: u16) -> Result<HeaderValue, Failure> {
    line(&format!("__Host-{}=; Path=/; Secure; HttpOnly; SameSite=None; Max-Age=0", name(purpose, port)))
}

fn line(text: &str) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::from_str(text).map_err(Failure::internal)?;
    value.set_sensitive(true);
    Ok(value)
}
