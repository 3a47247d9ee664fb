//! A new set of recovery codes, which voids the old one (R-RC-04): shown until the person says that they are saved, for half an
//! hour at most, and to the session that asked.

use axum::http::StatusCode;
use axum::response::Response;

use super::Accounts;
use super::portal::{Here, Opening, Section};
use crate::journey::error;
use crate::pages::Message;
use crate::pages::journey_pages::RecoveryCodesPage;
use crate::pages::portal_pages::NewCodesPage;
use crate::storage::Batch;
use crate::web::{Failure, PagePolicy, Parameters, Visitor, see_other};

impl Accounts {
    /// Adds to `batch` a new set, and the sheet on which it is shown.
    pub(super) async fn issue_codes(&self, batch: &mut Batch, here: &Here) -> Result<(), Failure> {
        let (journeys, occasion) = (&self.journeys, self.occasion(here));
        let codes = journeys.recovery_codes.issue_into(batch, &occasion).await.map_err(error::factor)?;
        journeys.recovery_sheets.keep(batch, &occasion, &codes).map_err(error::factor)
    }

    /// `GET /account/factors/recovery-codes`: the sheet, if there is one; else the question whether to make a new set.
    pub(super) async fn recovery_codes_page(&self, visitor: Visitor) -> Result<Response, Failure> {
        match self.enter_confirmed(visitor, Section::RecoveryCodes).await? {
            Opening::Go(here) => self.show_codes(&here, None).await,
            Opening::Instead(response) => Ok(response),
        }
    }

    async fn show_codes(&self, here: &Here, problem: Option<Message>) -> Result<Response, Failure> {
        let sheet = self.journeys.recovery_sheets.read(&self.occasion(here)).await.map_err(error::factor)?;
        if sheet.is_empty() {
            let held = self.held(here).await?;
            let page = NewCodesPage {
                section: "factors",
                form: self.form(here),
                codes_left: u32::try_from(held.codes_left()).unwrap_or(u32::MAX),
                problem,
            };
            return self.show(here, &page).await;
        }
        let page = RecoveryCodesPage {
            form: self.form(here),
            username: here.user.username.as_str().to_owned(),
            codes: sheet.iter().map(|code| code.expose().to_owned()).collect(),
            problem,
        };
        Ok(self.web.page(&here.visitor, StatusCode::OK, &page, &PagePolicy::default()))
    }

    /// `POST /account/factors/recovery-codes`: makes a new set, or says that the one shown is saved.
    pub(super) async fn change_codes(
        &self,
        visitor: Visitor,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        let here = match self.enter_to_change(visitor, Section::RecoveryCodes, form).await? {
            Opening::Go(here) => here,
            Opening::Instead(response) => return Ok(response),
        };
        let mut batch = Batch::new();
        self.sessions.touch(&mut batch, &here.session);
        if form.get("saved")? == Some("yes") {
            self.journeys.recovery_sheets.discard(&mut batch, &self.occasion(&here));
            self.commit(batch).await?;
            return see_other(Section::Factors.path());
        }
        if form.get("action")? != Some("issue") {
            return self.show_codes(&here, Some(Message::CodesNotSaved)).await;
        }
        let held = self.held(&here).await?;
        // Whoever added a factor a moment ago gets no codes by it (R-EN-07).
        if !held.has_settled_proof(&here, self.journeys.clock.now()) {
            return self.show_codes(&here, Some(Message::FactorTooYoung)).await;
        }
        self.issue_codes(&mut batch, &here).await?;
        self.commit(batch).await?;
        see_other(Section::RecoveryCodes.path())
    }
}
