//! "Faster next time": after a code, a passkey is offered on a device that makes them; at most once in fourteen days, and one
//! press of a button goes on without (section 4.6).

use axum::response::Response;

use super::stage::Stage;
use super::step::{Opening, Step};
use super::{Journeys, error, page, reach};
use crate::factors::{FactorError, KeyKind, Verdict};
use crate::pages::Message;
use crate::pages::journey_pages::PasskeyOfferPage;
use crate::storage::Batch;
use crate::web::{Failure, Parameters, Visitor};

impl Journeys {
    /// Offers a passkey to whoever has just proved a second factor, if there is none yet and it was not offered lately; the
    /// batch remembers that it was.
    pub(super) async fn offer_passkey(&self, step: &mut Step) -> Result<Batch, Failure> {
        let mut batch = Batch::new();
        if step.journey.can_make_passkeys && self.may_add_passkey(step).await? {
            step.journey.passkey_offered = self.passkeys.offer(&mut batch, &step.user()?).await?;
        }
        Ok(batch)
    }

    async fn may_add_passkey(&self, step: &Step) -> Result<bool, Failure> {
        self.decide(&step.visitor, &step.journey, step.session(), None, reach::may_add_passkey).await
    }

    /// `POST /sign-in/{journey}/passkey-offer/options`: what the browser is asked to make.
    pub(super) async fn passkey_offer_options(
        &self,
        visitor: Visitor,
        id: &str,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        match self.open_step(visitor, id, form, Stage::PasskeyOffer).await? {
            Opening::Go(step) if self.may_add_passkey(&step).await? => {
                self.begin_new_key(&step, KeyKind::Passkey).await
            }
            Opening::Go(_) => Err(Failure::bad_request("the proofs are too old to add a factor")),
            Opening::Instead(response) => Ok(response),
        }
    }

    /// `POST /sign-in/{journey}/passkey-offer`: the passkey that was made, or on without.
    pub(super) async fn answer_passkey_offer(
        &self,
        visitor: Visitor,
        id: &str,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        let mut step = match self.open_step(visitor, id, form, Stage::PasskeyOffer).await? {
            Opening::Go(step) => *step,
            Opening::Instead(response) => return Ok(response),
        };
        let later = form.get("action")? == Some("later") || !self.may_add_passkey(&step).await?;
        if later {
            step.journey.passkey_offered = false;
            return self.settle(step, Batch::new()).await;
        }
        let (answer, name) = (form.get("answer")?.unwrap_or_default(), form.get("name")?.unwrap_or_default());
        let (mut batch, occasion) = (Batch::new(), step.occasion(&step.user()?));
        let placement = page::placement(&step.journey);
        match self.passkeys.enrol_into(&mut batch, &occasion, answer, name, placement).await {
            Ok(Verdict::Accepted(evidence)) => {
                step.journey.passkey_offered = false;
                self.take_new_factor(step, batch, *evidence).await
            }
            Ok(_) | Err(FactorError::Name | FactorError::NotBegun) => {
                self.passkey_offer_page(&step, Some(Message::NewKeyFailed)).await
            }
            Err(FactorError::Conflict) => step.shown(),
            Err(other) => Err(error::factor(other)),
        }
    }

    pub(super) async fn passkey_offer_page(
        &self,
        step: &Step,
        problem: Option<Message>,
    ) -> Result<Response, Failure> {
        let username = self.concerned(step).await?.username.as_str().to_owned();
        let form = self.form(step, "passkey-offer");
        Ok(self.send(step, &PasskeyOfferPage { form, username, problem }))
    }
}
