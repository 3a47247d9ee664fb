//! Setting up an authenticator app within the sign-in, and saving the recovery codes that come with it.

use axum::response::Response;

use super::stage::Stage;
use super::step::Opening;
use super::{Journeys, error, page};
use crate::factors::{FactorError, FactorKind, Verdict};
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
        let mut step = match self.open_step(visitor, id, form, Stage::Enrolment).await? {
            Opening::Go(step) => *step,
            Opening::Instead(response) => return Ok(response),
        };
        let by_mail = form.get("action")? == Some(FactorKind::MailCode.word());
        if by_mail && self.can_use_mail_code(&step).await? {
            return self.choose_factor(step, FactorKind::MailCode).await;
        }
        let Some(code) = form.get("code")?.map(Hidden::new) else {
            return self.enrol_page(&step, Some(Message::FieldEmpty)).await;
        };
        let user = step.user()?;
        let occasion = step.occasion(&user);
        let (mut batch, placement) = (Batch::new(), page::placement(&step.journey));
        let verdict = match self.enrolment.confirm_into(&mut batch, &occasion, &code, NAME, placement).await {
            // The same form was sent twice and the other was quicker: the journey shows where it is.
            Err(FactorError::NotBegun | FactorError::Conflict) => {
                return see_other(&format!("/sign-in/{id}"));
            }
            verdict => verdict.map_err(error::factor)?,
        };
        match verdict {
            Verdict::Accepted(evidence) => {
                let epoch = self.lifecycle.factor_changed(&mut batch, &user, step.session_of(&user)).await?;
                let codes =
                    self.recovery_codes.issue_into(&mut batch, &occasion).await.map_err(error::factor)?;
                self.recovery_sheets.keep(&mut batch, &occasion, &codes).map_err(error::factor)?;
                step.journey.enter(epoch);
                step.journey.accept(*evidence, epoch).map_err(Failure::internal)?;
                step.journey.codes_unsaved = true;
                self.settle(step, batch).await
            }
            Verdict::Rejected | Verdict::Disabled => {
                self.enrol_page(&step, Some(Message::EnrolmentCodeFailed)).await
            }
            Verdict::Throttled(limit) => Err(Failure::too_many(limit.retry_after, "enrolment throttled")),
        }
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
