//! The end of a journey: in one commit the session stands or is renewed, consent is remembered, and the errand is fulfilled;
//! or, where that needs a closer look, the journey has arrived and its errand goes on at its resume path.

use axum::http::header;
use axum::response::Response;

use super::Journeys;
use super::errands::Arrived;
use super::next::Next;
use super::remembering;
use super::stage::Progress;
use super::start::browser;
use super::step::{Opening, Step};
use crate::audit::{Action, Actor, Outcome};
use crate::factors::FactorKind;
use crate::foundation::ids::{JourneyId, SessionId, UserId};
use crate::grants::Consent;
use crate::limits::password::DEVICE_LIFETIME;
use crate::sessions::cookie::{self, SessionCookie};
use crate::sessions::known_device::{self, DeviceCookie};
use crate::sessions::{Assurance, Session};
use crate::storage::{Batch, Stored};
use crate::users::password_by_mail;
use crate::vocabulary::ErrorCode;
use crate::web::{Failure, Visitor, cookies, see_other};

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
    ) -> Result<Option<Response>, Failure> {
        let user = step.user()?;
        let Some(person) = self.users.by_id(&user).await? else { return Ok(None) };
        let cookie = self.establish(&mut batch, &step, &user).await?;
        let session = match (&cookie, &step.session) {
            (Some(cookie), _) => cookie.id.clone(),
            (None, Some(present)) => present.value.id.clone(),
            (None, None) => return Err(Failure::internal("a journey arrived without a session")),
        };
        let device = self.remember_device(&mut batch, &step, &user).await?;
        let remembered = self.remember_browser(&step, &mut batch).await?;
        self.remember(&mut batch, &step, &user).await?;
        let apart = |kind| FactorKind::SECOND.contains(&kind) && kind != FactorKind::MailCode;
        if step.journey.evidence().iter().any(|proof| apart(proof.factor())) {
            password_by_mail::confirm(&mut batch, &user);
        }
        let event = self.trail.event(Action::SignIn, Outcome::Success, &step.visitor.origin());
        let event = event.by(Actor::User(user.clone())).about(&user).session(&session);
        event.because(assurance.level.acr()).write(&mut batch);
        let Step { visitor, journey, .. } = &step;
        let arrived = Arrived { visitor, journey, session: &session, user: &person.value, assurance };
        // Whoever needs no new cookie can walk the longer way twice: a form sent again arrives as well.
        let fulfilled = match cookie {
            Some(_) => self.errands.fulfil(&arrived, &mut batch).await?,
            None => None,
        };
        let mut response = match fulfilled {
            Some(response) => {
                self.end_step(&mut batch, &step);
                response
            }
            None => {
                step.journey.progress = Progress::Arrived(session);
                self.put_step(&mut batch, &step);
                see_other(&format!("{}{}", step.journey.errand.resume, step.journey.id))?
            }
        };
        if !self.store.commit(batch).await?.is_done() {
            // Session, journey or epoch changed at the same moment.
            return Ok(None);
        }
        if let Some(cookie) = cookie {
            let line = cookies::set(cookie::NAME, &cookie.value(), None)?;
            response.headers_mut().append(header::SET_COOKIE, line);
        }
        remembering::set(&mut response, remembered.as_ref())?;
        if let Some(device) = device {
            let line = cookies::set(known_device::NAME, &device.value(), Some(DEVICE_LIFETIME))?;
            response.headers_mut().append(header::SET_COOKIE, line);
        }
        Ok(Some(response))
    }

    /// Whoever proved anything in this journey is known in this browser from now on.
    async fn remember_device(
        &self,
        batch: &mut Batch,
        step: &Step,
        user: &UserId,
    ) -> Result<Option<DeviceCookie>, Failure> {
        let Some(epoch) = step.journey.epoch().filter(|_| !step.journey.evidence().is_empty()) else {
            return Ok(None);
        };
        let cookie = DeviceCookie::read(&step.visitor.cookies);
        Ok(self.sessions.remember_device(batch, cookie, user, epoch).await?)
    }

    /// The session after the journey: renewed for the same person, begun for another, whose predecessor's ends first
    /// (R-AZ-11); untouched where nothing was proved.
    async fn establish(
        &self,
        batch: &mut Batch,
        step: &Step,
        user: &UserId,
    ) -> Result<Option<SessionCookie>, Failure> {
        let (evidence, epoch) = (step.journey.evidence(), step.journey.epoch());
        if let (Some(present), true) = (step.session_of(user), evidence.is_empty()) {
            self.sessions.touch(batch, present);
            return Ok(None);
        }
        let epoch = epoch.ok_or_else(|| Failure::internal("proofs without an epoch"))?;
        if let Some(present) = step.session_of(user) {
            return Ok(Some(self.sessions.renew(batch, present, epoch, evidence)));
        }
        let origin = step.visitor.origin();
        // Also of a person who may not be served at present, which the step does not see.
        if let Some(other) = self.sessions.find(SessionCookie::read(&step.visitor.cookies).as_ref()).await? {
            let other = other.session;
            self.sessions.end(batch, &other.value);
            let event = self.trail.event(Action::SignOut, Outcome::Success, &origin);
            let event = event.by(Actor::User(user.clone())).about(&other.value.user).session(&other.value.id);
            event.because("another_person_signed_in").write(batch);
        }
        Ok(Some(self.sessions.begin(batch, user, epoch, evidence, &origin)))
    }

    async fn remember(&self, batch: &mut Batch, step: &Step, user: &UserId) -> Result<(), Failure> {
        let journey = &step.journey;
        let (true, Some(demand), Some(application)) =
            (journey.consented, &journey.demands.consent, &journey.errand.application)
        else {
            return Ok(());
        };
        let earlier = self.grants.consent(user, &application.client).await?;
        let earlier = earlier.map(|consent| consent.scopes).unwrap_or_default();
        let consent = Consent { scopes: demand.scopes.joined_with(&earlier), at: self.clock.now() };
        self.grants.remember_consent(batch, user, &application.client, &consent);
        let event = self.trail.event(Action::Consent, Outcome::Success, &step.visitor.origin());
        event.by(Actor::User(user.clone())).about(user).client(&application.client).write(batch);
        Ok(())
    }

    /// The journey `id` of this visitor's browser, if it has come to its end, belongs to the errand that resumes at
    /// `resume`, and was not taken up yet.
    pub async fn returned(
        &self,
        visitor: &Visitor,
        id: &str,
        resume: &str,
    ) -> Result<Option<Returned>, Failure> {
        let Some(browser) = browser(visitor) else { return Ok(None) };
        let found = self.find(&JourneyId::from_text(id), &browser.hash()).await?;
        let Some(read) = found.filter(|read| read.value.errand.resume == resume) else { return Ok(None) };
        visitor.languages.of_application(read.value.demands.ui_locales.as_deref());
        let result = match &read.value.progress {
            Progress::Arrived(session) => Ok(session.clone()),
            Progress::GivenUp(error) => Err(*error),
            Progress::Under(_) => return Ok(None),
        };
        Ok(Some(Returned { read, result }))
    }

    /// What is asked of a journey that had arrived, now that its errand goes on: time has passed since.
    pub async fn still_arrived(
        &self,
        visitor: &Visitor,
        returned: &Returned,
        session: &Session,
    ) -> Result<Option<Assurance>, Failure> {
        match self.ask_next(visitor, &returned.read.value, Some(session)).await? {
            Next::Arrive(assurance) => Ok(Some(assurance)),
            _ => Ok(None),
        }
    }

    /// Opens a journey again that had arrived but no longer suffices.
    pub async fn reopen(&self, visitor: &Visitor, id: &str) -> Result<Response, Failure> {
        match self.look(visitor.clone(), id).await? {
            Opening::Go(step) => self.settle(*step, Batch::new()).await,
            Opening::Instead(response) => Ok(response),
        }
    }
}
