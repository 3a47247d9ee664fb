//! The plan of a sign-out: whom to tell and where to go on, stored in the commit that ends the session
//! (security requirements 5.4; `logout/<id>`).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::audit::{Action, Actor, Outcome};
use crate::foundation::ids::{ClientId, LogoutId, SessionId};
use crate::oidc::Oidc;
use crate::sessions::Session;
use crate::storage::{Batch, Key, Record, StorageError, Stored};
use crate::web::{Failure, Visitor};

/// How long the status page can be looked at.
const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// Whom to tell of the end of one session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutPlan {
    /// The session that ended.
    pub session: SessionId,
    /// The clients that took part in it.
    pub participants: Vec<ClientId>,
    /// Where the browser may go on to, checked when the plan was made.
    pub target: Option<Target>,
}

/// Where the browser may go on to after a sign-out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// A registered post-logout redirect URI, with `state` if it was given.
    pub uri: String,
    /// The application's name.
    pub name: String,
}

impl Record for LogoutPlan {}

fn key(id: &LogoutId) -> Key {
    Key::new("logout", &[id.as_str()])
}

impl Oidc {
    /// Ends `session` and stores whom to tell, in one commit. On failure the person is still signed in, and is told so.
    pub(super) async fn end_session(
        &self,
        visitor: &Visitor,
        session: &Stored<Session>,
        target: Option<Target>,
    ) -> Result<LogoutId, Failure> {
        let still_signed_in = |error: StorageError| {
            let mut failure = Failure::unavailable(Duration::from_secs(5), error);
            failure.text = "sign_out_failed";
            failure
        };
        let id = LogoutId::generate(self.random.as_ref());
        let participants = self
            .sessions
            .participants(&session.value.id)
            .await
            .map_err(still_signed_in)?;
        let plan = LogoutPlan {
            session: session.value.id.clone(),
            participants,
            target,
        };
        let mut batch = Batch::new();
        self.sessions.end(&mut batch, &session.value, &plan.participants);
        batch.put(key(&id), &plan, Some(self.clock.now().plus(LIFETIME)));
        let event = self
            .trail
            .event(Action::SignOut, Outcome::Success, &visitor.origin());
        let event = event
            .by(Actor::User(session.value.user.clone()))
            .about(&session.value.user);
        event.session(&session.value.id).write(&mut batch);
        for client in &plan.participants {
            let notice = self
                .trail
                .event(Action::SignOutNotice, Outcome::Success, &visitor.origin());
            notice
                .by(Actor::System)
                .client(client)
                .session(&session.value.id)
                .write(&mut batch);
        }
        self.store.commit(batch).await.map_err(still_signed_in)?;
        Ok(id)
    }

    pub(super) async fn plan(&self, id: &LogoutId) -> Result<Option<LogoutPlan>, StorageError> {
        Ok(self.store.fetch(&key(id)).await?.map(|stored| stored.value))
    }
}
