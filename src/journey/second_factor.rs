//! A code of an enrolled second factor, or a recovery code in its place.

use axum::response::Response;

use super::stage::{Journey, Stage};
use super::step::{Opening, Step};
use super::{Journeys, error};
use crate::factors::{AccessCodes, Answer, Evidence, Factor, FactorKind, Verdict};
use crate::foundation::secret::Hidden;
use crate::pages::Message;
use crate::storage::Batch;
use crate::users::epoch;
use crate::web::{Failure, Parameters, Visitor, see_other};

/// Which of the `offered` factors is asked: the one that the person chose, else the strongest.
pub(super) fn shown_first(journey: &Journey, offered: &[FactorKind]) -> Option<FactorKind> {
    let chosen = journey.chosen.filter(|chosen| offered.contains(chosen));
    chosen.or_else(|| offered.first().copied())
}

impl Journeys {
    /// `POST /sign-in/{journey}/second-factor`.
    pub(super) async fn check_code(
        &self,
        visitor: Visitor,
        id: &str,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        self.check_code_of(visitor, id, form, FactorKind::Totp).await
    }

    /// `POST /sign-in/{journey}/mail-code`; `action` = `resend` sends another one.
    pub(super) async fn check_mail_code(
        &self,
        visitor: Visitor,
        id: &str,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        self.check_code_of(visitor, id, form, FactorKind::MailCode).await
    }

    /// `POST /sign-in/{journey}/passkey`: what a key signed.
    pub(super) async fn check_key(
        &self,
        visitor: Visitor,
        id: &str,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        self.check_code_of(visitor, id, form, FactorKind::Passkey).await
    }

    async fn check_code_of(
        &self,
        visitor: Visitor,
        id: &str,
        form: &Parameters,
        kind: FactorKind,
    ) -> Result<Response, Failure> {
        let mut step = match self.open_step(visitor, id, form, Stage::SecondFactor).await? {
            Opening::Go(step) => *step,
            Opening::Instead(response) => return Ok(response),
        };
        // Which factors will do is decided here and now, whatever page the form stood on (R-MF-04).
        let offered = self.offered(&step.visitor, &step.journey, step.session()).await?;
        match form.get("action")? {
            Some("recovery_code") => return see_other(&format!("/sign-in/{id}/recovery-code")),
            Some("lost_factor") => return see_other(&format!("/sign-in/{id}/lost-factor")),
            Some("resend") if offered.contains(&FactorKind::MailCode) => {
                return self.send_mail_code(step).await;
            }
            Some(word) => {
                if let Some(kind) = FactorKind::second_of_word(word).filter(|kind| offered.contains(kind)) {
                    return self.choose_factor(step, kind).await;
                }
            }
            None => {}
        }
        if !offered.contains(&kind) {
            return step.shown();
        }
        let (factor, answer, failed) = self.given(kind, form)?;
        let Some(answer) = answer else {
            let missing = if kind == FactorKind::Passkey { failed } else { Message::FieldEmpty };
            return self.page_of(&step, kind, Some(missing)).await;
        };
        step.journey.remember = form.get("remember")? == Some("yes");
        match self.verify(factor, &step, answer).await? {
            // The same form was sent twice at once, and the other has spent the code.
            Verdict::Rejected if self.was_overtaken(&step).await? => step.shown(),
            Verdict::Rejected => self.page_of(&step, kind, Some(failed)).await,
            Verdict::Disabled => see_other(&format!("/sign-in/{id}/lost-factor")),
            verdict => self.take_proof(step, verdict).await,
        }
    }

    /// The factor of `kind`, what the form gives for it, and what is said where that is wrong.
    fn given(
        &self,
        kind: FactorKind,
        form: &Parameters,
    ) -> Result<(&dyn Factor, Option<Answer>, Message), Failure> {
        let code = form.get("code")?.map(|code| Answer::Code(Hidden::new(code)));
        let signed = form.get("answer")?.map(|answer| Answer::Key(answer.to_owned()));
        Ok(match kind {
            FactorKind::Passkey => (&self.passkeys, signed, Message::PasskeyFailed),
            FactorKind::MailCode => (&self.mail_codes, code, Message::CodeFailed),
            _ => (self.second_factor.as_ref(), code, Message::CodeFailed),
        })
    }

    /// The person would rather give this one.
    pub(super) async fn choose_factor(&self, mut step: Step, kind: FactorKind) -> Result<Response, Failure> {
        step.journey.chosen = Some(kind);
        self.settle(step, Batch::new()).await
    }

    /// `POST /sign-in/{journey}/recovery-code`: a saved code, or one from the help desk.
    pub(super) async fn check_recovery_code(
        &self,
        visitor: Visitor,
        id: &str,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        let step = match self.open_step(visitor, id, form, Stage::SecondFactor).await? {
            Opening::Go(step) => *step,
            Opening::Instead(response) => return Ok(response),
        };
        match form.get("action")? {
            Some("back") => return see_other(&format!("/sign-in/{id}")),
            Some("lost_factor") => return see_other(&format!("/sign-in/{id}/lost-factor")),
            _ => {}
        }
        let Some(code) = form.get("code")?.map(Hidden::new) else {
            return self.recovery_code_page(&step, Some(Message::FieldEmpty)).await;
        };
        let from_help_desk = AccessCodes::is_meant(code.expose());
        let factor: &dyn Factor =
            if from_help_desk { &self.people.access_codes } else { &self.recovery_codes };
        match self.verify(factor, &step, Answer::Code(code)).await? {
            Verdict::Rejected => self.recovery_code_page(&step, Some(Message::RecoveryCodeFailed)).await,
            Verdict::Disabled => see_other(&format!("/sign-in/{id}/lost-factor")),
            verdict => self.take_proof(step, verdict).await,
        }
    }

    /// `POST /sign-in/{journey}/lost-factor`: where to turn from the page of that name.
    pub(super) async fn leave_lost_factor(
        &self,
        visitor: Visitor,
        id: &str,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        match self.open_step(visitor, id, form, Stage::SecondFactor).await? {
            Opening::Instead(response) => Ok(response),
            Opening::Go(_) if form.get("action")? == Some("recovery_code") => {
                see_other(&format!("/sign-in/{id}/recovery-code"))
            }
            Opening::Go(_) => see_other(&format!("/sign-in/{id}")),
        }
    }

    async fn verify(&self, factor: &dyn Factor, step: &Step, answer: Answer) -> Result<Verdict, Failure> {
        let occasion = step.occasion(&step.user()?);
        factor.verify(&occasion, &answer).await.map_err(error::factor)
    }

    async fn take_proof(&self, mut step: Step, verdict: Verdict) -> Result<Response, Failure> {
        match verdict {
            Verdict::Accepted(evidence) => {
                self.accept(&mut step, *evidence).await?;
                let batch = self.offer_passkey(&mut step).await?;
                self.settle(step, batch).await
            }
            Verdict::Throttled(limit) => Err(Failure::too_many(limit.retry_after, "factor throttled")),
            Verdict::Rejected | Verdict::Disabled => Err(Failure::internal("a verdict without an answer")),
        }
    }

    /// A proof in a journey whose person is only known from the session: the epoch is the session's, and demanded in the
    /// commit.
    async fn accept(&self, step: &mut Step, evidence: Evidence) -> Result<(), Failure> {
        if step.epoch.is_none() {
            let present = epoch::present(&self.store, evidence.user()).await?;
            if step.session_of(evidence.user()).is_none_or(|session| session.value.epoch != present.number) {
                return Err(Failure::internal("the session ended at the same moment"));
            }
            step.epoch = Some(present);
        }
        let epoch = step.epoch.as_ref().map(|epoch| epoch.number);
        let epoch = epoch.ok_or_else(|| Failure::internal("a proof without an epoch"))?;
        step.journey.accept(evidence, epoch).map_err(Failure::internal)
    }
}
