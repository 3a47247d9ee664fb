//! A further authenticator app (R-EN-01, R-EN-03). The first of all is added here only by whoever could also enrol it within a
//! sign-in: from a network where the password permits it, or having just proved the mailbox (R-EN-02).

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;

use super::Accounts;
use super::portal::{FRESH, Here, Opening, Section};
use crate::factors::{FactorError, FactorKind, Placement, Verdict};
use crate::foundation::secret::Hidden;
use crate::journey::{error, policy};
use crate::pages::Message;
use crate::pages::journey_pages::AskAdministratorPage;
use crate::pages::picture::QrPicture;
use crate::pages::portal_pages::NewAppPage;
use crate::storage::Batch;
use crate::web::{Failure, PagePolicy, Parameters, Visitor, see_other};

impl Accounts {
    /// `GET /account/factors/app`: the secret is made on first sight, and shown again while the enrolment is open.
    pub(super) async fn new_app_page(&self, visitor: Visitor) -> Result<Response, Failure> {
        match self.enter_confirmed(visitor, Section::NewApp).await? {
            Opening::Go(here) => match self.placement(&here).await? {
                Some(placement) => self.show_new_app(&here, placement, String::new(), None).await,
                None => Ok(self.ask_administrator(&here)),
            },
            Opening::Instead(response) => Ok(response),
        }
    }

    /// Where a new factor stands; nowhere if the person may not add one here.
    pub(super) async fn placement(&self, here: &Here) -> Result<Option<Placement>, Failure> {
        if self.held(here).await?.second().next().is_some() {
            return Ok(Some(Placement::Beside));
        }
        let now = self.journeys.clock.now();
        let fresh = Duration::from_secs(FRESH);
        let mut proofs = here.session.value.evidence.iter();
        let by_mail =
            proofs.any(|proof| proof.factor() == FactorKind::MailCode && now.since(proof.at()) <= fresh);
        let settings = self.journeys.settings.now();
        let by_network = policy::permission_by_network(&settings.policy, here.visitor.client).is_some();
        Ok((by_mail || by_network).then_some(Placement::First))
    }

    pub(super) fn ask_administrator(&self, here: &Here) -> Response {
        let page = AskAdministratorPage {
            username: here.user.username.as_str().to_owned(),
            request_id: here.visitor.request.as_str().to_owned(),
            back: None,
        };
        self.web.page(&here.visitor, StatusCode::FORBIDDEN, &page, &PagePolicy::default())
    }

    async fn show_new_app(
        &self,
        here: &Here,
        placement: Placement,
        name: String,
        problem: Option<Message>,
    ) -> Result<Response, Failure> {
        let (enrolment, account) = (&self.journeys.enrolment, here.user.username.as_str());
        let setup = enrolment.begin_with(&self.occasion(here), account, placement).await;
        let setup = setup.map_err(error::factor)?;
        let page = NewAppPage {
            section: "factors",
            form: self.form(here),
            issuer: enrolment.issuer(),
            account: account.to_owned(),
            key_groups: setup.key.expose().split(' ').map(str::to_owned).collect(),
            otpauth_url: setup.address.expose().to_owned(),
            picture: QrPicture::of(setup.address.expose()),
            name,
            problem,
        };
        self.show(here, &page).await
    }

    /// `POST /account/factors/app`: the first code of the new app. All other sessions end, and whoever has no recovery codes left
    /// gets new ones.
    pub(super) async fn add_app(&self, visitor: Visitor, form: &Parameters) -> Result<Response, Failure> {
        let here = match self.enter_to_change(visitor, Section::NewApp, form).await? {
            Opening::Go(here) => here,
            Opening::Instead(response) => return Ok(response),
        };
        let Some(placement) = self.placement(&here).await? else { return Ok(self.ask_administrator(&here)) };
        let name = form.get("name")?.unwrap_or_default();
        let again = |problem| self.show_new_app(&here, placement, name.to_owned(), Some(problem));
        let Some(code) = form.get("code")?.map(Hidden::new) else {
            return again(Message::FieldEmpty).await;
        };
        let (mut batch, occasion) = (Batch::new(), self.occasion(&here));
        let enrolment = &self.journeys.enrolment;
        let verdict = match enrolment.confirm_into(&mut batch, &occasion, &code, name, placement).await {
            Err(FactorError::Name) => return again(Message::FieldUnusable).await,
            // The same form was sent twice, and the other was quicker.
            Err(FactorError::NotBegun | FactorError::Conflict) => return see_other(Section::Factors.path()),
            verdict => verdict.map_err(error::factor)?,
        };
        match verdict {
            Verdict::Accepted(_) => {}
            Verdict::Throttled(limit) => {
                return Err(Failure::too_many(limit.retry_after, "enrolment throttled"));
            }
            Verdict::Rejected | Verdict::Disabled => return again(Message::EnrolmentCodeFailed).await,
        }
        let lifecycle = &self.journeys.lifecycle;
        lifecycle.factor_changed(&mut batch, &here.user.id, Some(&here.session)).await?;
        let needs_codes = self.held(&here).await?.codes_left() == 0;
        if needs_codes {
            self.issue_codes(&mut batch, &here).await?;
        }
        self.commit(batch).await?;
        let next = if needs_codes { Section::RecoveryCodes } else { Section::Factors };
        see_other(next.path())
    }
}
