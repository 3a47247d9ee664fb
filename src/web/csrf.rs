//! Proof that a form is ours and that our own page sent it (R-SE-11): a token bound to a secret of the browser's
//! session or journey, and the headers in which browsers say where a request comes from.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use axum::http::{HeaderMap, header};

use crate::config::Site;
use crate::foundation::secret::{Kind, Plain};

use super::failure::Failure;

/// The field that carries the token.
pub const FIELD: &str = "form_token";

/// The token for forms of `purpose`: a keyed hash under the secret that the browser holds in its cookie. Whoever
/// has not that secret can neither make nor guess it, and a token of one purpose is worthless for another.
pub fn form_token<K: Kind>(secret: &Plain<K>, purpose: &str) -> String {
    URL_SAFE_NO_PAD.encode(hmac::sign(&key(secret), message(purpose).as_bytes()))
}

/// Whether `presented` is the token for `secret` and `purpose`, compared in constant time (R-CO-04).
pub fn is_form_token<K: Kind>(secret: &Plain<K>, purpose: &str, presented: &str) -> bool {
    let Ok(tag) = URL_SAFE_NO_PAD.decode(presented) else {
        return false;
    };
    hmac::verify(&key(secret), message(purpose).as_bytes(), &tag).is_ok()
}

/// Checks origin and token of a form in one: both must be right.
pub fn check_form<K: Kind>(
    headers: &HeaderMap,
    site: &Site,
    secret: &Plain<K>,
    purpose: &str,
    presented: Option<&str>,
) -> Result<(), Failure> {
    check_origin(headers, site)?;
    if presented.is_some_and(|token| is_form_token(secret, purpose, token)) {
        return Ok(());
    }
    Err(Failure::page("form_outdated", "a form without its token"))
}

/// Refuses what another site's page sent. `Sec-Fetch-Site` decides where it is sent: our pages forbid the referrer,
/// so browsers write `Origin: null` even for our own forms (Fetch section 3.2). Without it `Origin` must be ours.
/// Without both no browser sent it; then the token alone decides.
pub fn check_origin(headers: &HeaderMap, site: &Site) -> Result<(), Failure> {
    let ours = match (headers.get("sec-fetch-site"), headers.get(header::ORIGIN)) {
        (Some(relation), _) => relation == "same-origin" || relation == "none",
        (None, Some(origin)) => origin == site.origin(),
        (None, None) => true,
    };
    if ours { Ok(()) } else { Err(Failure::page("form_outdated", "a form sent by another site's page")) }
}

/// Whether the browser says that another site's page sent this: then `SameSite=Lax` cookies are missing from a form.
/// Browsers too old to say anything, and programs, are taken at what they send.
pub fn comes_from_elsewhere(headers: &HeaderMap) -> bool {
    let relation = headers.get("sec-fetch-site");
    relation.is_some_and(|relation| relation != "same-origin" && relation != "none")
}

fn key<K: Kind>(secret: &Plain<K>) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes())
}

fn message(purpose: &str) -> String {
    format!("keyward form token: {purpose}")
}
