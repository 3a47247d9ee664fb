//! Setting up an authenticator app within the sign-in, and saving the recovery codes that come with it.

use axum::response::Response;

use super::stage::Stage;
use super::step::{Opening, Step};
use super::{Journeys, error, page};
use crate::factors::{Evidence, FactorError, FactorKind, Placement, Verdict};
use crate::foundation::secret::Hidden;
use crate::pages::Message;
use crate::storage::Batch;
use crate::web::{Failure, Parameters, Visitor, see_other};

/// The name a first app gets; its owner may change it later.
const NAME: &str = "Authenticator app";

impl Journeys {
    /// `POST /sign-in/{journey}/enrolment`: the first code of the new app.
    pub(super) async fn confirm_enrolment(
        &self,
        visitor: Visitor,
        id: &str,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        let step = match self.open_step(visitor, id, form, Stage::Enrolment).await? {
            Opening::Go(step) => *step,
            Opening::Instead(response) => return Ok(response),
        };
        if let Some(kind) = self.chosen_instead(&step, form).await? {
            return self.choose_factor(step, kind).await;
        }
        let Some(code) = form.get("code")?.map(Hidden::new) else {
            return self.enrol_page(&step, Some(Message::FieldEmpty)).await;
        };
        let occasion = step.occasion(&step.user()?);
        let (mut batch, placement) = (Batch::new(), page::placement(&step.journey));
        let verdict = match self.enrolment.confirm_into(&mut batch, &occasion, &code, NAME, placement).await {
            // The same form was sent twice and the other was quicker: the journey shows where it is.
            Err(FactorError::NotBegun | FactorError::Conflict) => {
                return see_other(&format!("/sign-in/{id}"));
            }
            verdict => verdict.map_err(error::factor)?,
        };
        match verdict {
            Verdict::Accepted(evidence) => self.take_new_factor(step, batch, *evidence).await,
            Verdict::Rejected | Verdict::Disabled => {
                self.enrol_page(&step, Some(Message::EnrolmentCodeFailed)).await
            }
            Verdict::Throttled(limit) => Err(Failure::too_many(limit.retry_after, "enrolment throttled")),
        }
    }

    /// What the person would rather set up, or give, than what the form is for.
    pub(super) async fn chosen_instead(
        &self,
        step: &Step,
        form: &Parameters,
    ) -> Result<Option<FactorKind>, Failure> {
        let Some(kind) = form.get("action")?.and_then(FactorKind::second_of_word) else { return Ok(None) };
        let possible = match kind {
            FactorKind::MailCode => self.can_use_mail_code(step).await?,
            other => self.enrollable(step).await?.contains(&other),
        };
        Ok(possible.then_some(kind))
    }

    /// Goes on with a factor that is set up once `batch` is committed, and with new recovery codes, unless it came beside others
    /// and some are left.
    pub(super) async fn take_new_factor(
        &self,
        mut step: Step,
        mut batch: Batch,
        evidence: Evidence,
    ) -> Result<Response, Failure> {
        let user = step.user()?;
        let occasion = step.occasion(&user);
        let epoch = self.lifecycle.factor_changed(&mut batch, &user, step.session_of(&user)).await?;
        let left = self.recovery_codes.remaining(&user).await.map_err(error::factor)?;
        if left == 0 || page::placement(&step.journey) != Placement::Beside {
            let codes = self.recovery_codes.issue_into(&mut batch, &occasion).await.map_err(error::factor)?;
            self.recovery_sheets.keep(&mut batch, &occasion, &codes).map_err(error::factor)?;
            step.journey.codes_unsaved = true;
        }
        step.journey.enter(epoch);
        step.journey.accept(evidence, epoch).map_err(Failure::internal)?;
        self.settle(step, batch).await
    }

    /// `POST /sign-in/{journey}/recovery-codes`: the person says that they are saved.
    pub(super) async fn codes_saved(
        &self,
        visitor: Visitor,
        id: &str,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        let mut step = match self.open_step(visitor, id, form, Stage::RecoveryCodes).await? {
            Opening::Go(step) => *step,
            Opening::Instead(response) => return Ok(response),
        };
        if form.get("saved")? != Some("yes") {
            return self.recovery_codes_page(&step, Some(Message::CodesNotSaved)).await;
        }
        let mut batch = Batch::new();
        self.recovery_sheets.discard(&mut batch, &step.occasion(&step.user()?));
        step.journey.codes_unsaved = false;
        self.settle(step, batch).await
    }
}
