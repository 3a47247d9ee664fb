//! A further passkey or security key (R-EN-01), under the rules of a further app. The browser is asked by the page's script.

use axum::response::Response;

use super::Accounts;
use super::portal::{Here, Opening, Section};
use crate::claims::standard::full_name;
use crate::factors::passkeys::{Account, MOST};
use crate::factors::{FactorError, FactorKind, KeyKind, Verdict};
use crate::journey::{error, keys};
use crate::pages::Message;
use crate::pages::portal_pages::NewKeyPage;
use crate::storage::Batch;
use crate::web::{Failure, Parameters, Visitor, see_other};

impl Accounts {
    /// Whether there is room for another key, and keys are possible.
    pub(super) fn can_add_key(&self, keys: usize) -> bool {
        self.passkeys.bound_to().is_some() && keys < MOST
    }

    /// `GET /account/factors/key`.
    pub(super) async fn new_key_page(&self, visitor: Visitor) -> Result<Response, Failure> {
        match self.enter_confirmed(visitor, Section::NewKey).await? {
            Opening::Go(here) => match self.placement(&here).await? {
                Some(_) => self.show_new_key(&here, "", None).await,
                None => Ok(self.ask_administrator(&here)),
            },
            Opening::Instead(response) => Ok(response),
        }
    }

    /// `POST /account/factors/key/options`: what the browser is asked to make.
    pub(super) async fn new_key_options(
        &self,
        visitor: Visitor,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        let here = match self.enter_to_change(visitor, Section::NewKey, form).await? {
            Opening::Go(here) => here,
            Opening::Instead(response) => return Ok(response),
        };
        let Some(placement) = self.placement(&here).await? else { return Ok(self.ask_administrator(&here)) };
        let kind = KeyKind::of_form(form.get("kind")?);
        let name = here.user.username.as_str();
        let display_name = full_name(&here.user).unwrap_or_else(|| name.to_owned());
        let account = Account { name, display_name: &display_name };
        let begun = self.passkeys.begin_enrolment(&self.occasion(&here), kind, account, placement).await;
        begun.map(keys::json).map_err(error::factor)
    }

    /// `POST /account/factors/key`: the key that was made. All other sessions end, and whoever has no recovery codes left gets new
    /// ones.
    pub(super) async fn add_key(&self, visitor: Visitor, form: &Parameters) -> Result<Response, Failure> {
        let here = match self.enter_to_change(visitor, Section::NewKey, form).await? {
            Opening::Go(here) => here,
            Opening::Instead(response) => return Ok(response),
        };
        let Some(placement) = self.placement(&here).await? else { return Ok(self.ask_administrator(&here)) };
        let name = form.get("name")?.unwrap_or_default();
        let answer = form.get("answer")?.unwrap_or_default();
        let (mut batch, occasion) = (Batch::new(), self.occasion(&here));
        match self.passkeys.enrol_into(&mut batch, &occasion, answer, name, placement).await {
            Ok(Verdict::Accepted(_)) => {}
            Err(FactorError::Name) => {
                return self.show_new_key(&here, "", Some(Message::KeyNameUnusable)).await;
            }
            // The same form was sent twice, and the other was quicker.
            Err(FactorError::NotBegun | FactorError::Conflict) => return see_other(Section::Factors.path()),
            Err(other) => return Err(error::factor(other)),
            Ok(_) => return self.show_new_key(&here, name, Some(Message::NewKeyFailed)).await,
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

    async fn show_new_key(
        &self,
        here: &Here,
        name: &str,
        problem: Option<Message>,
    ) -> Result<Response, Failure> {
        let keys = self.held(here).await?.second().filter(|one| one.kind == FactorKind::Passkey).count();
        if !self.can_add_key(keys) {
            return see_other(Section::Factors.path());
        }
        let name = name.chars().take(64).collect();
        let page = NewKeyPage { section: "factors", form: self.form(here), name, problem };
        self.show(here, &page).await
    }
}
