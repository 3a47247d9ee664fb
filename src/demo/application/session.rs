//! The application's own sessions, in memory. The provider's session is another thing: ending one does not end the other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Application;
use super::cookie::{self, Purpose};
use super::mapping::Provisioned;
use crate::foundation::Timestamp;
use crate::foundation::secret::{Hidden, Plain, SessionSecret};
use crate::web::Visitor;

/// So many are kept; the oldest give way.
const MOST: usize = 10_000;

/// Somebody who is signed in here.
#[derive(Debug)]
pub struct AppSession {
    /// The user's name in this application.
    pub username: String,
    /// What provisioning made of the claims.
    pub provisioned: Provisioned,
    /// The provider's session (`sid`), for sign-out.
    pub provider_session: Option<String>,
    /// All claims of the ID token, as indented JSON, to be shown.
    pub claims: String,
    /// The ID token, for `id_token_hint`.
    pub id_token: Hidden,
    /// What is wrong with the token's signature.
    pub signature_fault: Option<String>,
    /// When it began.
    pub began: Timestamp,
}

/// All of them, by the hash of the cookie's secret.
#[derive(Debug, Default)]
pub struct AppSessions(Mutex<BTreeMap<String, Arc<AppSession>>>);

impl AppSessions {
    /// Begins a session.
    pub fn insert(&self, secret: &Plain<SessionSecret>, session: AppSession) {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sessions.len() >= MOST
            && let Some(oldest) =
                sessions.iter().min_by_key(|(_, kept)| kept.began).map(|(key, _)| key.clone())
        {
            sessions.remove(&oldest);
        }
        sessions.insert(secret.hash().to_text(), Arc::new(session));
    }

    /// The session of this secret.
    pub fn get(&self, secret: &Plain<SessionSecret>) -> Option<Arc<AppSession>> {
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.get(&secret.hash().to_text()).cloned()
    }

    /// Ends the session of this secret.
    pub fn remove(&self, secret: &Plain<SessionSecret>) {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.remove(&secret.hash().to_text());
    }

    /// Ends all that came from the provider's session `sid`; answers how many.
    pub fn end(&self, sid: &str) -> usize {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = sessions.len();
        sessions.retain(|_, session| session.provider_session.as_deref() != Some(sid));
        before - sessions.len()
    }
}

impl Application {
    /// The browser's session and its secret.
    pub(super) fn session(&self, visitor: &Visitor) -> Option<(Plain<SessionSecret>, Arc<AppSession>)> {
        let secret = cookie::read(&visitor.cookies, Purpose::Session, self.port())?;
        let session = self.sessions.get(&secret)?;
        Some((secret, session))
    }

    /// Ends the browser's session here, if it has one.
    pub(super) fn drop_session(&self, visitor: &Visitor) {
        if let Some((secret, _)) = self.session(visitor) {
            self.sessions.remove(&secret);
        }
    }
}
