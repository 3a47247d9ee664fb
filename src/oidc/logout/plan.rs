//! The plan of a sign-out: which session's applications to tell and where to go on, stored in the commit that ends the
//! session (security requirements 5.4; `logout/<id>`). Who took part is read after that commit: a token request needs the
//! live session, so none can follow, and no number of applications can keep the session alive (R-LO-05, R-LO-13).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::audit::{Action, Actor, Outcome};
use crate::foundation::ids::{LogoutId, SessionId};
use crate::oidc::Oidc;
use crate::oidc::authorize::Arrival;
use crate::pages::LanguageWishes;
use crate::sessions::StoredSession;
use crate::storage::{Batch, Key, Record, StorageError};
use crate::web::{Failure, Visitor};

/// How long the status page can be looked at.
const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// So many notices are written in one batch: each takes two operations, of the 1,000 that a batch may have.
const NOTICES: usize = 200;

/// Whom to tell of the end of one session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutPlan {
    /// The session that ended.
    pub session: SessionId,
    /// Where the browser may go on to, checked when the plan was made.
    pub target: Option<Target>,
    /// Whether the browser came by a form, and so goes on by a page (R-TR-08).
    pub arrival: Arrival,
    /// The languages wished when the person was still known.
    #[serde(default)]
    pub languages: LanguageWishes,
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
    /// Ends `session` and stores what follows, in one commit. On failure the person is still signed in, and is told so.
    pub(super) async fn end_session(
        &self,
        visitor: &Visitor,
        session: &StoredSession,
        target: Option<Target>,
        arrival: Arrival,
    ) -> Result<LogoutId, Failure> {
        let still_signed_in = |error: StorageError| {
            let mut failure = Failure::unavailable(Duration::from_secs(5), error);
            failure.text = "sign_out_failed";
            failure
        };
        let id = LogoutId::generate(self.random.as_ref());
        let plan = LogoutPlan {
            session: session.value.id.clone(),
            target,
            arrival,
            languages: visitor.languages.wishes(),
        };
        let mut batch = Batch::new();
        self.sessions.end(&mut batch, &session.value);
        self.journeys.forget(&mut batch, visitor).await.map_err(still_signed_in)?;
        batch.put(key(&id), &plan, Some(self.clock.now().plus(LIFETIME)));
        let event = self.trail.event(Action::SignOut, Outcome::Success, &visitor.origin());
        let event = event.by(Actor::User(session.value.user.clone())).about(&session.value.user);
        event.session(&session.value.id).write(&mut batch);
        self.store.commit(batch).await.map_err(still_signed_in)?;
        if let Err(error) = self.note_participants(visitor, &plan.session).await {
            tracing::error!(%error, "the audit events of a sign-out's notices were not written");
        }
        Ok(id)
    }

    /// One event for each application that will be told. The session has ended; trouble here changes nothing about that
    /// (R-LO-04).
    async fn note_participants(&self, visitor: &Visitor, session: &SessionId) -> Result<(), StorageError> {
        let participants = self.sessions.participants(session).await?;
        for some in participants.chunks(NOTICES) {
            let mut batch = Batch::new();
            for client in some {
                let notice = self.trail.event(Action::SignOutNotice, Outcome::Success, &visitor.origin());
                let notice = notice.by(Actor::System).client(client);
                notice.session(session).write(&mut batch);
            }
            self.store.commit(batch).await?;
        }
        Ok(())
    }

    pub(super) async fn plan(&self, id: &LogoutId) -> Result<Option<LogoutPlan>, StorageError> {
        Ok(self.store.fetch(&key(id)).await?.map(|stored| stored.value))
    }
}
