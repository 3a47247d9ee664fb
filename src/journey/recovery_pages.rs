//! The pages of who has lost a factor: codes that stand for it, and whom to ask.

use axum::response::Response;

use super::page::application;
use super::stage::{Progress, Stage};
use super::step::{Opening, Step};
use super::{Journeys, error};
use crate::pages::Message;
use crate::pages::journey_pages::{LostFactorPage, RecoveryCodePage, RecoveryCodesPage};
use crate::web::{Failure, Visitor, see_other};

impl Journeys {
    pub(super) async fn show_recovery_code(&self, visitor: Visitor, id: &str) -> Result<Response, Failure> {
        match self.look(visitor, id).await? {
            Opening::Go(step) if step.journey.progress == Progress::Under(Stage::SecondFactor) => {
                self.recovery_code_page(&step, None).await
            }
            Opening::Go(_) => see_other(&format!("/sign-in/{id}")),
            Opening::Instead(response) => Ok(response),
        }
    }

    pub(super) async fn show_lost_factor(&self, visitor: Visitor, id: &str) -> Result<Response, Failure> {
        let step = match self.look(visitor, id).await? {
            Opening::Go(step) if step.journey.progress == Progress::Under(Stage::SecondFactor) => *step,
            Opening::Go(_) => return see_other(&format!("/sign-in/{id}")),
            Opening::Instead(response) => return Ok(response),
        };
        let page = LostFactorPage {
            form: self.form(&step, "lost-factor"),
            request_id: step.visitor.request.as_str().to_owned(),
            can_use_recovery_code: self.recovery_codes_left(&step).await? > 0
                || self.has_access_code(&step).await?,
            application: application(&step.journey),
            can_cancel: step.journey.errand.application.is_some(),
        };
        Ok(self.send(&step, &page))
    }

    pub(super) async fn recovery_code_page(
        &self,
        step: &Step,
        problem: Option<Message>,
    ) -> Result<Response, Failure> {
        let user = self.concerned(step).await?;
        let page = RecoveryCodePage {
            form: self.form(step, "recovery-code"),
            application: application(&step.journey),
            username: user.username.as_str().to_owned(),
            remaining: u32::try_from(self.recovery_codes_left(step).await?).unwrap_or(u32::MAX),
            from_help_desk: self.has_access_code(step).await?,
            problem,
            can_cancel: step.journey.errand.application.is_some(),
        };
        Ok(self.send(step, &page))
    }

    /// The codes are shown until the person says that they are saved.
    pub(super) async fn recovery_codes_page(
        &self,
        step: &Step,
        problem: Option<Message>,
    ) -> Result<Response, Failure> {
        let user = self.concerned(step).await?;
        let codes = self.recovery_sheets.read(&step.occasion(&user.id)).await.map_err(error::factor)?;
        let page = RecoveryCodesPage {
            form: self.form(step, "recovery-codes"),
            username: user.username.as_str().to_owned(),
            codes: codes.iter().map(|code| code.expose().to_owned()).collect(),
            problem,
        };
        Ok(self.send(step, &page))
    }

    pub(super) async fn has_access_code(&self, step: &Step) -> Result<bool, Failure> {
        Ok(self.people.access_codes.is_live(&step.user()?).await?)
    }

    pub(super) async fn recovery_codes_left(&self, step: &Step) -> Result<usize, Failure> {
        self.recovery_codes.remaining(&step.user()?).await.map_err(error::factor)
    }
}
