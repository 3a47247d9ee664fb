//! The end of a journey: in one commit the session stands or is renewed, consent is remembered, and the journey has arrived.

use axum::http::header;
use axum::response::Response;

use super::Journeys;
use super::stage::Progress;
use super::start::{browser, see_other};
use super::step::Step;
use crate::audit::{Action, Actor, Outcome};
use crate::foundation::ids::{JourneyId, SessionId, UserId};
use crate::grants::Consent;
use crate::sessions::Assurance;
use crate::sessions::cookie::{self, SessionCookie};
use crate::storage::{Batch, Stored};
use crate::vocabulary::ErrorCode;
use crate::web::{Failure, Visitor, cookies};

use super::stage::Journey;

/// A journey that came back to its errand.
#[derive(Debug)]
pub struct Returned {
    /// The journey, to be taken with [`Journeys::take`] in the errand's commit.
    pub read: Stored<Journey>,
    /// The session it reached, or the error it ends in.
    pub result: Result<SessionId, ErrorCode>,
}

impl Journeys {
    pub(super) async fn finish(
        &self,
        mut step: Step,
        assurance: &Assurance,
        mut batch: Batch,
    ) -> Result<Response, Failure> {
        let user = step.user()?;
        let cookie = self.establish(&mut batch, &step, &user).await?;
        let session = match (&cookie, &step.session) {
            (Some(cookie), _) => cookie.id.clone(),
            (None, Some(present)) => present.value.id.clone(),
            (None, None) => return Err(Failure::internal("a journey arrived without a session")),
        };
        self.remember(&mut batch, &step, &user);
        let event = self
            .trail
            .event(Action::SignIn, Outcome::Success, &step.visitor.origin());
        let event = event.by(Actor::User(user.clone())).about(&user).session(&session);
        event.because(assurance.level.acr()).write(&mut batch);
        step.journey.progress = Progress::Arrived(session);
        self.put(&mut batch, &step.read, &step.journey);
        if !self.store.commit(batch).await?.is_done() {
            // Session or journey changed at the same moment: the journey shows where it stands now.
            return step.shown();
        }
        let mut response = see_other(&format!("{}{}", step.journey.errand.resume, step.journey.id))?;
        if let Some(cookie) = cookie {
            let line = cookies::set(cookie::NAME, &cookie.value(), None)?;
            response.headers_mut().append(header::SET_COOKIE, line);
        }
        Ok(response)
    }

    /// The session after the journey: renewed for the same person, begun for another, whose predecessor's ends first
    /// (R-AZ-11); untouched where nothing was proved.
    async fn establish(
        &self,
        batch: &mut Batch,
        step: &Step,
        user: &UserId,
    ) -> Result<Option<SessionCookie>, Failure> {
        let evidence = step.journey.evidence();
        let origin = step.visitor.origin();
        match &step.session {
            Some(present) if present.value.user == *user && evidence.is_empty() => {
                self.sessions.touch(batch, present);
                Ok(None)
            }
            Some(present) if present.value.user == *user => {
                Ok(Some(self.sessions.renew(batch, present, evidence)))
            }
            Some(other) => {
                let participants = self.sessions.participants(&other.value.id).await?;
                self.sessions.end(batch, &other.value, &participants);
                Ok(Some(self.sessions.begin(batch, user, evidence, &origin)))
            }
            None => Ok(Some(self.sessions.begin(batch, user, evidence, &origin))),
        }
    }

    fn remember(&self, batch: &mut Batch, step: &Step, user: &UserId) {
        let journey = &step.journey;
        if let (true, Some(demand), Some(application)) = (
            journey.consented,
            &journey.demands.consent,
            &journey.errand.application,
        ) {
            let consent = Consent {
                scopes: demand.scopes.clone(),
                at: self.clock.now(),
            };
            self.grants
                .remember_consent(batch, user, &application.client, &consent);
        }
    }

    /// The journey `id` of this visitor's browser, if it has come to its end and was not taken up yet.
    pub async fn returned(&self, visitor: &Visitor, id: &str) -> Result<Option<Returned>, Failure> {
        let Some(browser) = browser(visitor) else {
            return Ok(None);
        };
        let Some(read) = self.find(&JourneyId::from_text(id), &browser.hash()).await? else {
            return Ok(None);
        };
        let result = match &read.value.progress {
            Progress::Arrived(session) => Ok(session.clone()),
            Progress::GivenUp(error) => Err(*error),
            Progress::Under(_) => return Ok(None),
        };
        Ok(Some(Returned { read, result }))
    }
}
