//! Passkeys and security keys in a journey: without a password, as second factor, and setting one up. What the browser is
//! asked for, the page's script fetches; without script, every page has another way.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::stage::Stage;
use super::step::{Opening, Step};
use super::{Journeys, error, page};
use crate::claims::standard::full_name;
use crate::factors::passkeys::Account;
use crate::factors::{Evidence, FactorError, FactorKind, KeyKind, Verdict};
use crate::pages::Message;
use crate::pages::journey_pages::RestartReason;
use crate::storage::Batch;
use crate::users::epoch;
use crate::web::{Failure, Parameters, Visitor};

impl Journeys {
    /// `POST /sign-in/{journey}/passwordless/options`: what the browser is asked for on the sign-in page, the same for everybody
    /// (R-WA-09).
    pub(super) async fn passwordless_options(
        &self,
        visitor: Visitor,
        id: &str,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        match self.open_step(visitor, id, form, Stage::Password).await? {
            Opening::Go(step) => {
                self.passkeys.ask_anybody(&step.journey.id).await.map(json).map_err(error::factor)
            }
            Opening::Instead(response) => Ok(response),
        }
    }

    /// `POST /sign-in/{journey}/passwordless`: a passkey says who it is.
    pub(super) async fn take_passkey(
        &self,
        visitor: Visitor,
        id: &str,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        let step = match self.open_step(visitor, id, form, Stage::Password).await? {
            Opening::Go(step) => *step,
            Opening::Instead(response) => return Ok(response),
        };
        let (mut batch, origin) = (Batch::new(), step.visitor.origin());
        let (journey, answer) = (&step.journey, form.get("answer")?.unwrap_or_default());
        let judged =
            self.passkeys.recognise_into(&mut batch, &journey.id, journey.user(), answer, &origin).await;
        match judged.map_err(error::factor)? {
            Verdict::Accepted(evidence) => self.take_person(step, *evidence, batch).await,
            Verdict::Throttled(limit) => Err(Failure::too_many(limit.retry_after, "passkey throttled")),
            Verdict::Rejected if self.was_overtaken(&step).await? => step.shown(),
            Verdict::Rejected | Verdict::Disabled => {
                let failed = Some(Message::PasskeyFailed);
                Ok(self.password_page(&step, StatusCode::OK, "", failed))
            }
        }
    }

    /// Goes on with whoever the passkey said. Their epoch is read after the key's record, which the commit demands unchanged.
    async fn take_person(
        &self,
        mut step: Step,
        evidence: Evidence,
        batch: Batch,
    ) -> Result<Response, Failure> {
        let present = epoch::present(&self.store, evidence.user()).await?;
        if step.journey.accept(evidence, present.number).is_err() {
            return Ok(self.restart_page(&step.visitor, Some(&step.journey), RestartReason::OutOfOrder));
        }
        step.epoch = Some(present);
        self.settle(step, batch).await
    }

    /// `POST /sign-in/{journey}/passkey/options`: what the browser is asked for as second factor.
    pub(super) async fn key_options(
        &self,
        visitor: Visitor,
        id: &str,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        let step = match self.open_step(visitor, id, form, Stage::SecondFactor).await? {
            Opening::Go(step) => *step,
            Opening::Instead(response) => return Ok(response),
        };
        let offered = self.offered(&step.visitor, &step.journey, step.session()).await?;
        if !offered.contains(&FactorKind::Passkey) {
            return Err(Failure::bad_request("no key is asked"));
        }
        let asked = self.passkeys.ask(&step.occasion(&step.user()?)).await.map_err(error::factor)?;
        asked.map(json).ok_or_else(|| Failure::bad_request("no key may be used"))
    }

    /// `POST /sign-in/{journey}/new-key/options`: what the browser is asked to make; `kind` = `security_key` for one that is no
    /// passkey.
    pub(super) async fn new_key_options(
        &self,
        visitor: Visitor,
        id: &str,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        let step = match self.open_step(visitor, id, form, Stage::Enrolment).await? {
            Opening::Go(step) => *step,
            Opening::Instead(response) => return Ok(response),
        };
        if !self.enrollable(&step).await?.contains(&FactorKind::Passkey) {
            return Err(Failure::bad_request("no key is to be set up"));
        }
        self.begin_new_key(&step, KeyKind::of_form(form.get("kind")?)).await
    }

    pub(super) async fn begin_new_key(&self, step: &Step, kind: KeyKind) -> Result<Response, Failure> {
        let user = self.concerned(step).await?;
        let name = user.username.as_str();
        let display_name = full_name(&user).unwrap_or_else(|| name.to_owned());
        let account = Account { name, display_name: &display_name };
        let (occasion, placement) = (step.occasion(&user.id), page::placement(&step.journey));
        let begun = self.passkeys.begin_enrolment(&occasion, kind, account, placement).await;
        begun.map(json).map_err(error::factor)
    }

    /// `POST /sign-in/{journey}/new-key`: the key was made.
    pub(super) async fn confirm_new_key(
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
        if !self.enrollable(&step).await?.contains(&FactorKind::Passkey) {
            return step.shown();
        }
        let (answer, name) = (form.get("answer")?, form.get("name")?.unwrap_or_default());
        let Some(answer) = answer else {
            return self.new_key_page(&step, name, Some(Message::NewKeyFailed)).await;
        };
        let (mut batch, occasion) = (Batch::new(), step.occasion(&step.user()?));
        let placement = page::placement(&step.journey);
        match self.passkeys.enrol_into(&mut batch, &occasion, answer, name, placement).await {
            Ok(Verdict::Accepted(evidence)) => self.take_new_factor(step, batch, *evidence).await,
            Ok(_) => self.new_key_page(&step, name, Some(Message::NewKeyFailed)).await,
            Err(FactorError::Name) => self.new_key_page(&step, "", Some(Message::KeyNameUnusable)).await,
            // The same form was sent twice and the other was quicker: the journey shows where it is.
            Err(FactorError::NotBegun | FactorError::Conflict) => step.shown(),
            Err(other) => Err(error::factor(other)),
        }
    }
}

/// Options for the page's script.
pub(crate) fn json(options: String) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (headers, options).into_response()
}
