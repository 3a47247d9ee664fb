//! Whether the application may learn about the person (OpenID Connect Core section 3.1.2.4).

use axum::response::Response;

use super::Journeys;
use super::stage::Stage;
use super::step::Opening;
use crate::storage::Batch;
use crate::vocabulary::ErrorCode;
use crate::web::{Failure, Parameters, Visitor};

impl Journeys {
    /// `POST /sign-in/{journey}/consent`. Anything but a plain yes is a no.
    pub(super) async fn answer_consent(
        &self,
        visitor: Visitor,
        id: &str,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        let mut step = match self.open_step(visitor, id, form, Stage::Consent).await? {
            Opening::Go(step) => *step,
            Opening::Instead(response) => return Ok(response),
        };
        if form.get("action")? != Some("allow") {
            return self.give_up(step, ErrorCode::AccessDenied).await;
        }
        step.journey.consented = true;
        self.settle(step, Batch::new()).await
    }
}
