//! Where the person is signed in, and the end of it (R-SE-07): of one session, of all others, or of all. The end of the session
//! at hand is a sign-out, which tells the applications that were used in this browser.

use axum::response::Response;

use super::Accounts;
use super::browser_name::BrowserName;
use super::portal::{Here, Opening, Section};
use crate::audit::{Action, Actor, Outcome};
use crate::foundation::address::network;
use crate::foundation::ids::SessionId;
use crate::lifecycle::post::for_people;
use crate::pages::portal_pages::{SessionLine, SessionsPage};
use crate::sessions::StoredSession;
use crate::storage::Batch;
use crate::web::{Failure, Parameters, Visitor, see_other};

impl Accounts {
    /// `GET /account/sessions`.
    pub(super) async fn sessions_page(&self, visitor: Visitor) -> Result<Response, Failure> {
        let here = match self.enter(visitor, Section::Sessions).await? {
            Opening::Go(here) => here,
            Opening::Instead(response) => return Ok(response),
        };
        let mut sessions = Vec::new();
        for session in self.sessions.living(&here.user.id).await? {
            sessions.push(self.session_line(&here, &session).await?);
        }
        let page = SessionsPage { section: "sessions", form: self.form(&here), sessions };
        self.show(&here, &page).await
    }

    async fn session_line(&self, here: &Here, session: &StoredSession) -> Result<SessionLine, Failure> {
        let session = &session.value;
        let clients = self.clients.find_all(&self.sessions.participants(&session.id).await?).await?;
        let names: Vec<_> = clients.into_iter().map(|client| client.name).collect();
        let BrowserName { browser, system } =
            session.origin.user_agent().map(BrowserName::of).unwrap_or_default();
        Ok(SessionLine {
            value: session.id.to_string(),
            browser,
            system,
            network: session.origin.address.map(network),
            began: for_people(session.created_at),
            last_used: for_people(session.last_seen_at),
            applications: names.join(", "),
            here: session.id == here.session.value.id,
        })
    }

    /// `POST /account/sessions`.
    pub(super) async fn end_sessions(
        &self,
        visitor: Visitor,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        let here = match self.enter_by_form(visitor, Section::Sessions, form).await? {
            Opening::Go(here) => here,
            Opening::Instead(response) => return Ok(response),
        };
        let chosen = form.get("session")?.map(SessionId::from_text);
        match (form.get("action")?, chosen) {
            (Some("others"), None) => self.end_others(&here).await?,
            (Some("all"), None) => {
                self.end_others(&here).await?;
                return self.oidc.sign_out_here(&here.visitor, &here.session).await;
            }
            (None, Some(id)) if id == here.session.value.id => {
                return self.oidc.sign_out_here(&here.visitor, &here.session).await;
            }
            (None, Some(id)) => self.end_one(&here, &id).await?,
            _ => return Err(Failure::bad_request("nothing to end was named")),
        }
        see_other(Section::Sessions.path())
    }

    async fn end_others(&self, here: &Here) -> Result<(), Failure> {
        let (mut batch, origin) = (Batch::new(), here.visitor.origin());
        let lifecycle = &self.journeys.lifecycle;
        lifecycle.sessions_ended(&mut batch, &here.user.id, &here.session, &origin).await?;
        self.commit(batch).await
    }

    /// Ends a session if it is the person's own; any other is as good as ended.
    async fn end_one(&self, here: &Here, id: &SessionId) -> Result<(), Failure> {
        let found = self.sessions.by_id(id).await?;
        let Some(own) = found.filter(|live| live.user.id == here.user.id) else { return Ok(()) };
        let mut batch = Batch::new();
        self.sessions.touch(&mut batch, &here.session);
        self.sessions.end(&mut batch, &own.session.value);
        let trail = &self.journeys.trail;
        let event = trail.event(Action::SignOut, Outcome::Success, &here.visitor.origin());
        let event = event.by(Actor::User(here.user.id.clone())).about(&here.user.id);
        event.session(id).because("ended_by_the_person").write(&mut batch);
        self.commit(batch).await
    }
}
