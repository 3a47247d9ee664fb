//! What every step shares: the journey must be this browser's, the form ours, the stage the right one; and after the
//! step's own work, the one decision is asked again.

use axum::response::Response;

use super::Journeys;
use super::next::{Next, Refusal};
use super::stage::{Journey, Progress, Stage};
use super::start::{browser, see_other};
use crate::factors::{FactorKind, Occasion};
use crate::foundation::ids::{JourneyId, UserId};
use crate::foundation::secret::{BrowserSecret, Plain};
use crate::pages::journey_pages::RestartReason;
use crate::sessions::Session;
use crate::storage::{Batch, Stored};
use crate::vocabulary::ErrorCode;
use crate::web::{Failure, Parameters, Visitor, csrf};

/// A journey opened by its browser, for one step.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) visitor: Visitor,
    pub(super) browser: Plain<BrowserSecret>,
    pub(super) read: Stored<Journey>,
    /// The journey as the step changes it.
    pub(super) journey: Journey,
    pub(super) session: Option<Stored<Session>>,
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

impl Step {
    /// To the page of where the journey stands.
    pub(super) fn shown(&self) -> Result<Response, Failure> {
        see_other(&format!("/sign-in/{}", self.journey.id))
    }

    /// Where proofs of this step are given.
    pub(super) fn occasion(&self, user: &UserId) -> Occasion {
        Occasion {
            user: user.clone(),
            journey: self.journey.id.clone(),
            origin: self.visitor.origin(),
        }
    }

    /// The person concerned; a stage that needs one is only reached with one.
    pub(super) fn user(&self) -> Result<UserId, Failure> {
        let session = self.session.as_ref().map(|session| &session.value);
        let user = super::next::person_concerned(&self.journey, session);
        user.cloned()
            .ok_or_else(|| Failure::internal("a stage without a person"))
    }
}

impl Journeys {
    /// Opens a journey to look at it.
    pub(super) async fn look(&self, visitor: Visitor, id: &str) -> Result<Opening, Failure> {
        let Some(browser) = browser(&visitor) else {
            return Ok(Opening::Instead(self.restart_page(
                &visitor,
                None,
                RestartReason::Unknown,
            )));
        };
        let Some(read) = self.find(&JourneyId::from_text(id), &browser.hash()).await? else {
            return Ok(Opening::Instead(self.restart_page(
                &visitor,
                None,
                RestartReason::Expired,
            )));
        };
        let session = self.session(&visitor).await?;
        let journey = read.value.clone();
        Ok(Opening::Go(Box::new(Step {
            visitor,
            browser,
            read,
            journey,
            session,
        })))
    }

    /// Opens a journey for a posted form of `stage`. Nothing happens where the journey stands elsewhere (R-MF-03): a form
    /// sent twice leads on to where the journey is, any other to a page that says so.
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
        self.web
            .check_form(&step.visitor, &step.browser, &purpose(&step.journey.id), token)?;
        match &step.journey.progress {
            Progress::Under(under) if *under == stage => {}
            Progress::Under(_) if passed(&step.journey, stage) => {
                return Ok(Opening::Instead(see_other(&format!(
                    "/sign-in/{}",
                    step.journey.id
                ))?));
            }
            Progress::Under(_) => {
                let page = self.restart_page(&step.visitor, Some(&step.journey), RestartReason::OutOfOrder);
                return Ok(Opening::Instead(page));
            }
            Progress::Arrived(_) | Progress::GivenUp(_) => {
                let page = self.restart_page(&step.visitor, Some(&step.journey), RestartReason::Finished);
                return Ok(Opening::Instead(page));
            }
        }
        if form.get("action")? == Some("cancel") {
            return self
                .give_up(*step, ErrorCode::AccessDenied)
                .await
                .map(Opening::Instead);
        }
        self.still_asked(step, stage).await
    }

    /// What was true when the stage was reached may have changed since: a factor enrolled in another journey, a password
    /// changed, a person disabled. So what changes something is asked for once more before it is done (R-MF-04).
    async fn still_asked(&self, step: Box<Step>, stage: Stage) -> Result<Opening, Failure> {
        if matches!(stage, Stage::Account | Stage::Password | Stage::SecondFactor) {
            return Ok(Opening::Go(step));
        }
        let session = step.session.as_ref().map(|session| &session.value);
        match self.ask_next(&step.journey, session).await? {
            Next::Ask(now, _) if now == stage => Ok(Opening::Go(step)),
            _ => self.settle(*step, Batch::new()).await.map(Opening::Instead),
        }
    }

    /// After a step's own work: asks what comes now, stores it, and sends the browser there.
    pub(super) async fn settle(&self, mut step: Step, with: Batch) -> Result<Response, Failure> {
        let session = step.session.as_ref().map(|session| &session.value);
        match self.ask_next(&step.journey, session).await? {
            Next::Arrive(assurance) => self.finish(step, &assurance, with).await,
            Next::Ask(stage, why) => {
                tracing::info!(?stage, ?why, "a journey goes on");
                let session = step.session.as_ref().map(|session| &session.value);
                step.journey.stand_at(stage, session);
                self.store_step(&step, with).await?;
                step.shown()
            }
            Next::Refuse(refusal) => self.refuse(step, refusal, with).await,
        }
    }

    /// The journey ends in an error at whoever sent the person.
    pub(super) async fn give_up(&self, mut step: Step, error: ErrorCode) -> Result<Response, Failure> {
        step.journey.progress = Progress::GivenUp(error);
        if !self.store_step(&step, Batch::new()).await? {
            return step.shown();
        }
        see_other(&format!("{}{}", step.journey.errand.resume, step.journey.id))
    }

    async fn refuse(&self, mut step: Step, refusal: Refusal, with: Batch) -> Result<Response, Failure> {
        tracing::warn!(?refusal, "a journey is refused");
        step.journey.progress = Progress::GivenUp(refusal.error());
        if !self.store_step(&step, with).await? {
            return step.shown();
        }
        match refusal {
            Refusal::OtherPerson | Refusal::LevelOutOfReach => {
                see_other(&format!("{}{}", step.journey.errand.resume, step.journey.id))
            }
            Refusal::NotServed(_) | Refusal::EnrolmentNotPermitted => {
                Ok(self.refusal_page(&step.visitor, &step.journey, refusal))
            }
        }
    }

    /// Stores the step, and answers whether it was. If another request of the same browser was quicker (a form sent twice
    /// at once), nothing is stored, and the journey shows where it stands.
    async fn store_step(&self, step: &Step, mut batch: Batch) -> Result<bool, Failure> {
        self.put(&mut batch, &step.read, &step.journey);
        Ok(self.store.commit(batch).await?.is_done())
    }

    /// Whether another request moved the journey on since this step was opened.
    pub(super) async fn was_overtaken(&self, step: &Step) -> Result<bool, Failure> {
        let found = self.find(&step.journey.id, &step.browser.hash()).await?;
        Ok(found.is_none_or(|found| found.revision != step.read.revision))
    }
}

/// Whether the journey has this stage behind it, so that its form was merely sent twice.
fn passed(journey: &Journey, stage: Stage) -> bool {
    match stage {
        Stage::Password | Stage::NewPassword => journey.has_proof_of(FactorKind::Password),
        Stage::SecondFactor => {
            journey.has_proof_of(FactorKind::Totp) || journey.has_proof_of(FactorKind::RecoveryCode)
        }
        Stage::Enrolment => journey.has_proof_of(FactorKind::Totp),
        Stage::RecoveryCodes => journey.has_proof_of(FactorKind::Totp) && !journey.codes_unsaved,
        Stage::Account | Stage::Consent => false,
    }
}

impl Refusal {
    /// What the application is told.
    pub fn error(self) -> ErrorCode {
        match self {
            Self::NotServed(_) | Self::EnrolmentNotPermitted => ErrorCode::AccessDenied,
            Self::OtherPerson => ErrorCode::LoginRequired,
            Self::LevelOutOfReach => ErrorCode::UnmetAuthenticationRequirements,
        }
    }
}
