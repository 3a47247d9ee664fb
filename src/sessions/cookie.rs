//! The session cookie: the session's id and its secret, `<sid>.<secret>` (R-SE-01, R-SE-03).

use crate::foundation::ids::SessionId;
use crate::foundation::secret::{Plain, SessionSecret};
use crate::web::Cookies;

/// The cookie's name, without its prefix.
pub const NAME: &str = "keyward-session";

/// What a browser presents.
#[derive(Debug)]
pub struct SessionCookie {
    /// Which session it claims.
    pub id: SessionId,
    /// What proves it.
    pub secret: Plain<SessionSecret>,
}

impl SessionCookie {
    /// Reads the cookie; `None` where there is none of ours.
    pub fn read(cookies: &Cookies) -> Option<Self> {
        let (id, secret) = cookies.get(NAME)?.split_once('.')?;
        Some(Self { id: SessionId::from_text(id), secret: Plain::parse(secret)? })
    }

    /// The cookie's value.
    pub fn value(&self) -> String {
        format!("{}.{}", self.id, self.secret.expose())
    }
}
