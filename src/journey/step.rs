//! What every step shares: the journey must be this browser's, the form ours, the stage still the right one; and after the
//! step's own work, the one decision is asked again. All that a step does is one commit, on condition that journey and
//! epoch are unchanged.

use axum::response::Response;

use super::Journeys;
use super::next::{Next, Refusal, person_concerned};
use super::stage::{Journey, Progress, Stage};
use super::start::browser;
use crate::audit::{Action, Actor, Outcome};
use crate::factors::{FactorKind, Occasion};
use crate::foundation::ids::{JourneyId, UserId};
use crate::foundation::secret::{BrowserSecret, Plain};
use crate::pages::journey_pages::RestartReason;
use crate::sessions::{Session, StoredSession};
use crate::storage::{Batch, Stored};
use crate::users::{PresentEpoch, epoch};
use crate::vocabulary::ErrorCode;
use crate::web::{Failure, Parameters, Visitor, csrf, see_other};

/// A journey opened by its browser, for one step.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) visitor: Visitor,
    pub(super) browser: Plain<BrowserSecret>,
    pub(super) read: Stored<Journey>,
    /// The journey as the step changes it.
    pub(super) journey: Journey,
    pub(super) session: Option<StoredSession>,
    /// The epoch that the step's proofs hold in: of the journey's person, once there is one.
    pub(super) epoch: Option<PresentEpoch>,
}

/// A step that may go on, or the answer instead.
pub(super) enum Opening {
    Go(Box<Step>),
    Instead(Response),
}

/// The purpose that form tokens of a journey are bound to.
pub(super) fn purpose(id: &JourneyId) -> String {
    format!("journey/{id}")
}

/// To the page of where the journey stands.
pub(super) fn shown(id: &JourneyId) -> Result<Response, Failure> {
    see_other(&format!("/sign-in/{id}"))
}

impl Step {
    /// To the page of where the journey stands.
    pub(super) fn shown(&self) -> Result<Response, Failure> {
        shown(&self.journey.id)
    }

    /// Where proofs of this step are given.
    pub(super) fn occasion(&self, user: &UserId) -> Occasion {
        Occasion { user: user.clone(), journey: self.journey.id.clone(), origin: self.visitor.origin() }
    }

    /// The live session of the browser, whoever's it is.
    pub(super) fn session(&self) -> Option<&Session> {
        self.session.as_ref().map(|session| &*session.value)
    }

    /// The live session of the browser, if it is this person's.
    pub(super) fn session_of(&self, user: &UserId) -> Option<&StoredSession> {
        self.session.as_ref().filter(|session| session.value.user == *user)
    }

    /// The person concerned; a stage that needs one is only reached with one.
    pub(super) fn user(&self) -> Result<UserId, Failure> {
        let user = person_concerned(&self.journey, self.session());
        user.cloned().ok_or_else(|| Failure::internal("a stage without a person"))
    }

    /// Adds to `batch` that the epoch which the step's proofs hold in has not changed.
    fn require_epoch(&self, batch: &mut Batch) {
        if let Some(epoch) = &self.epoch {
            epoch.require(batch);
        }
    }

    /// Whether the stage is asked of the very person it was shown to.
    fn is_for_the_same_person(&self) -> bool {
        person_concerned(&self.journey, self.session()) == self.journey.concerned.as_ref()
    }
}

impl Journeys {
    /// Opens a journey to look at it. One whose proofs have lost their worth meanwhile is over.
    pub(super) async fn look(&self, visitor: Visitor, id: &str) -> Result<Opening, Failure> {
        let Some(browser) = browser(&visitor) else {
            return Ok(Opening::Instead(self.restart_page(&visitor, None, RestartReason::Unknown)));
        };
        let Some(read) = self.find(&JourneyId::from_text(id), &browser.hash()).await? else {
            return Ok(Opening::Instead(self.restart_page(&visitor, None, RestartReason::Expired)));
        };
        let journey = read.value.clone();
        visitor.languages.of_application(journey.demands.ui_locales.as_deref());
        let epoch = match journey.user() {
            Some(user) => Some(epoch::present(&self.store, user).await?),
            None => None,
        };
        if epoch.as_ref().map(|epoch| epoch.number) != journey.epoch() {
            return Ok(Opening::Instead(self.restart_page(&visitor, Some(&journey), RestartReason::Expired)));
        }
        let session = self.signed_in(&visitor).await?.map(|live| live.session);
        if let Some(person) = epoch.as_ref().and_then(PresentEpoch::user) {
            visitor.languages.of_person(person.language());
        }
        Ok(Opening::Go(Box::new(Step { visitor, browser, read, journey, session, epoch })))
    }

    /// Opens a journey for a posted form of `stage`. Nothing happens where the journey stands elsewhere (R-MF-03): a form
    /// sent twice leads on to where the journey is, any other to a page that says so. A stage that is no longer asked,
    /// because something changed since it was shown, gives way to the one that is.
    pub(super) async fn open_step(
        &self,
        visitor: Visitor,
        id: &str,
        form: &Parameters,
        stage: Stage,
    ) -> Result<Opening, Failure> {
        let step = match self.look(visitor, id).await? {
            Opening::Go(step) => step,
            instead @ Opening::Instead(_) => return Ok(instead),
        };
        let token = form.get(csrf::FIELD)?;
        self.web.check_form(&step.visitor, &step.browser, &purpose(&step.journey.id), token)?;
        let restart =
            |reason| Opening::Instead(self.restart_page(&step.visitor, Some(&step.journey), reason));
        match &step.journey.progress {
            Progress::Under(under) if *under == stage => {}
            Progress::Under(_) if passed(&step.journey, stage) => {
                return Ok(Opening::Instead(step.shown()?));
            }
            Progress::Under(_) => return Ok(restart(RestartReason::OutOfOrder)),
            Progress::Arrived(_) | Progress::GivenUp(_) => return Ok(restart(RestartReason::Finished)),
        }
        if form.get("action")? == Some("cancel") {
            return self.give_up(*step, ErrorCode::AccessDenied).await.map(Opening::Instead);
        }
        // A password may be proved whatever happened meanwhile: it says itself who it is.
        if stage != Stage::Password {
            if !step.is_for_the_same_person() {
                return Ok(restart(RestartReason::OutOfOrder));
            }
            if !matches!(self.ask_next(&step.visitor, &step.journey, step.session()).await?, Next::Ask(now, _) if now == stage)
            {
                return self.settle(*step, Batch::new()).await.map(Opening::Instead);
            }
        }
        Ok(Opening::Go(step))
    }

    /// After a step's own work, which stands in `with`: asks what comes now, stores it all, and sends the browser there. If
    /// another request was quicker, nothing of this step is stored and the browser is shown where the other one led.
    pub(super) async fn settle(&self, step: Step, with: Batch) -> Result<Response, Failure> {
        let id = step.journey.id.clone();
        self.try_to_settle(step, with).await?.map_or_else(|| shown(&id), Ok)
    }

    /// The same; `None` where another request was quicker.
    pub(super) async fn try_to_settle(&self, step: Step, with: Batch) -> Result<Option<Response>, Failure> {
        match self.ask_next(&step.visitor, &step.journey, step.session()).await? {
            Next::Arrive(assurance) => self.finish(step, &assurance, with).await,
            Next::Ask(stage, why) => {
                tracing::info!(?stage, ?why, "a journey goes on");
                self.store_step(step, Progress::Under(stage), with).await
            }
            Next::Refuse(refusal) => self.refuse(step, refusal, with).await,
        }
    }

    /// The journey ends in an error at whoever sent the person.
    pub(super) async fn give_up(&self, step: Step, error: ErrorCode) -> Result<Response, Failure> {
        let id = step.journey.id.clone();
        let stored = self.store_step(step, Progress::GivenUp(error), Batch::new()).await?;
        stored.map_or_else(|| shown(&id), Ok)
    }

    async fn refuse(
        &self,
        step: Step,
        refusal: Refusal,
        mut batch: Batch,
    ) -> Result<Option<Response>, Failure> {
        tracing::warn!(?refusal, "a journey is refused");
        let event = self.trail.event(Action::SignInRefused, Outcome::Failure, &step.visitor.origin());
        let event = event.by(Actor::User(step.user()?)).because(refusal.word());
        event.write(&mut batch);
        let (visitor, user) = (step.visitor.clone(), step.user()?);
        let errand = &step.journey.errand;
        let back = errand.application.as_ref().map(|_| format!("{}{}", errand.resume, step.journey.id));
        let stored = self.store_step(step, Progress::GivenUp(refusal.error()), batch).await?;
        match (stored, refusal) {
            (Some(_), Refusal::NotServed(_) | Refusal::Denied | Refusal::EnrolmentNotPermitted) => {
                self.refusal_page(&visitor, Some(&user), refusal, back).await.map(Some)
            }
            (stored, _) => Ok(stored),
        }
    }

    /// Stores where the journey stands now, and sends the browser there; `None` if another request was quicker.
    async fn store_step(
        &self,
        mut step: Step,
        progress: Progress,
        mut batch: Batch,
    ) -> Result<Option<Response>, Failure> {
        let id = step.journey.id.clone();
        let next = match &progress {
            Progress::Under(_) => format!("/sign-in/{id}"),
            Progress::Arrived(_) | Progress::GivenUp(_) => format!("{}{id}", step.journey.errand.resume),
        };
        step.journey.concerned = person_concerned(&step.journey, step.session()).cloned();
        step.journey.progress = progress;
        self.put_step(&mut batch, &step);
        if !self.store.commit(batch).await?.is_done() {
            return Ok(None);
        }
        if step.journey.progress == Progress::Under(Stage::SecondFactor) {
            self.begin_second_factor(&step.journey, &step.visitor, step.session()).await;
        }
        see_other(&next).map(Some)
    }

    /// Whether another request has changed the journey since this step read it.
    pub(super) async fn was_overtaken(&self, step: &Step) -> Result<bool, Failure> {
        let found = self.find(&step.journey.id, &step.browser.hash()).await?;
        Ok(found.is_none_or(|found| found.revision != step.read.revision))
    }

    /// Adds to `batch` the journey as the step leaves it, on condition that neither it nor the epoch has changed.
    pub(super) fn put_step(&self, batch: &mut Batch, step: &Step) {
        step.require_epoch(batch);
        self.put(batch, &step.read, &step.journey);
    }

    /// Adds to `batch` the end of the journey whose errand is fulfilled, on the same condition.
    pub(super) fn end_step(&self, batch: &mut Batch, step: &Step) {
        step.require_epoch(batch);
        self.take(batch, &step.read);
    }
}

/// Whether the journey has this stage behind it, so that its form was merely sent twice.
fn passed(journey: &Journey, stage: Stage) -> bool {
    match stage {
        Stage::Password => journey.has_first_proof(),
        Stage::NewPassword => journey.has_proof_of(FactorKind::Password),
        Stage::SecondFactor => journey.has_second_proof(),
        Stage::Enrolment => journey.has_enrolled_proof(),
        Stage::RecoveryCodes => journey.has_enrolled_proof() && !journey.codes_unsaved,
        Stage::PasskeyOffer => !journey.passkey_offered,
        Stage::Account | Stage::Consent => false,
    }
}

impl Refusal {
    /// What the application is told.
    pub fn error(self) -> ErrorCode {
        match self {
            Self::NotServed(_) | Self::Denied | Self::EnrolmentNotPermitted => ErrorCode::AccessDenied,
            Self::OtherPerson => ErrorCode::LoginRequired,
            Self::LevelOutOfReach => ErrorCode::UnmetAuthenticationRequirements,
        }
    }

    /// The word for it in the audit trail.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotServed(reason) => reason.word(),
            Self::OtherPerson => "other_person_than_hinted",
            Self::Denied => "denied_by_policy",
            Self::EnrolmentNotPermitted => "enrolment_not_permitted",
            Self::LevelOutOfReach => "level_out_of_reach",
        }
    }
}
