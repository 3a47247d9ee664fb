//! The pages on which second factors are set up, and on which the recovery codes are shown that come with them.

use axum::response::Response;

use super::stage::Journey;
use super::step::Step;
use super::{Journeys, error};
use crate::factors::{FactorKind, Placement};
use crate::pages::Message;
use crate::pages::journey_pages::{EnrolPage, NewKeyPage, RecoveryCodesPage};
use crate::pages::picture::QrPicture;
use crate::web::Failure;

impl Journeys {
    /// The secret is made on first sight and shown again while the enrolment is open (R-EN-03).
    pub(super) async fn enrol_page(
        &self,
        step: &Step,
        problem: Option<Message>,
    ) -> Result<Response, Failure> {
        let user = self.concerned(step).await?;
        let occasion = step.occasion(&user.id);
        let begun =
            self.enrolment.begin_with(&occasion, user.username.as_str(), placement(&step.journey)).await;
        let setup = begun.map_err(error::factor)?;
        let page = EnrolPage {
            form: self.form(step, "enrolment"),
            issuer: self.enrolment.issuer(),
            account: user.username.as_str().to_owned(),
            key_groups: setup.key.expose().split(' ').map(str::to_owned).collect(),
            otpauth_url: setup.address.expose().to_owned(),
            picture: QrPicture::of(setup.address.expose()),
            problem,
            can_use_passkey: self.enrollable(step).await?.contains(&FactorKind::Passkey),
            can_use_mail_code: self.can_use_mail_code(step).await?,
            can_cancel: step.journey.errand.application.is_some(),
        };
        Ok(self.send(step, &page))
    }

    /// The page for what the person chose to set up, else for an authenticator app, if that would do.
    pub(super) async fn first_enrol_page(&self, step: &Step) -> Result<Response, Failure> {
        let kinds = self.enrollable(step).await?;
        let key = step.journey.chosen == Some(FactorKind::Passkey) || !kinds.contains(&FactorKind::Totp);
        if key && kinds.contains(&FactorKind::Passkey) {
            return self.new_key_page(step, "", None).await;
        }
        self.enrol_page(step, None).await
    }

    /// `name` is what was typed for the key's name.
    pub(super) async fn new_key_page(
        &self,
        step: &Step,
        name: &str,
        problem: Option<Message>,
    ) -> Result<Response, Failure> {
        let page = NewKeyPage {
            form: self.form(step, "new-key"),
            username: self.concerned(step).await?.username.as_str().to_owned(),
            name: name.chars().take(64).collect(),
            problem,
            can_use_app: self.enrollable(step).await?.contains(&FactorKind::Totp),
            can_use_mail_code: self.can_use_mail_code(step).await?,
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
}

/// Whoever came by a recovery code, or one from the help desk, has lost what was enrolled before, and whoever has just proved it
/// keeps it (R-EN-01); anybody else must not have any.
pub(super) fn placement(journey: &Journey) -> Placement {
    if journey.has_recovered() {
        Placement::InPlaceOfAll
    } else if journey.has_enrolled_proof() {
        Placement::Beside
    } else {
        Placement::First
    }
}
