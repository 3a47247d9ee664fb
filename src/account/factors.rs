//! The person's second factors (R-PO-02): seen by whoever is signed in, changed with the strongest proof, five minutes old at most
//! (R-EN-01). The last one stays where the person could not sign in without it, and a factor that is not a day old proves nothing
//! against older ones (R-EN-07).

use std::time::Duration;

use axum::response::Response;

use super::Accounts;
use super::portal::{FRESH, Here, Opening, Section};
use crate::factors::totp::MOST;
use crate::factors::{Enrolled, FactorError, FactorKind, Occasion};
use crate::foundation::Timestamp;
use crate::foundation::ids::{CredentialId, JourneyId};
use crate::journey::error;
use crate::journey::prospect::{Prospect, Thought, prospect};
use crate::lifecycle::post::for_people;
use crate::pages::Message;
use crate::pages::portal_pages::{FactorInWords, FactorLine, FactorsPage};
use crate::storage::Batch;
use crate::web::{Failure, Parameters, Visitor, see_other};

/// A younger factor proves nothing against older ones (R-EN-07).
const SETTLED: Duration = Duration::from_secs(24 * 60 * 60);

/// A person's enrolled factors.
#[derive(Debug)]
pub(super) struct Held(Vec<Enrolled>);

impl Held {
    /// Those that come second; recovery codes stand for a lost one and are none.
    pub fn second(&self) -> impl Iterator<Item = &Enrolled> {
        self.0.iter().filter(|one| one.kind != FactorKind::RecoveryCode)
    }

    /// Unused recovery codes.
    pub fn codes_left(&self) -> usize {
        let codes = self.0.iter().filter(|one| one.kind == FactorKind::RecoveryCode);
        codes.filter_map(|codes| codes.remaining).sum()
    }

    fn find(&self, id: &CredentialId) -> Option<&Enrolled> {
        self.second().find(|one| one.credential == *id)
    }

    /// The factors that were proved just now in the session.
    fn proved<'a>(&'a self, here: &'a Here, now: Timestamp) -> impl Iterator<Item = &'a Enrolled> {
        let young = move |at: Timestamp| now.since(at) <= Duration::from_secs(FRESH);
        let proofs = here.session.value.evidence.iter().filter(move |proof| young(proof.at()));
        proofs.filter_map(|proof| proof.credential()).filter_map(|id| self.find(id))
    }

    /// Whether one that was proved just now is settled.
    pub fn has_settled_proof(&self, here: &Here, now: Timestamp) -> bool {
        self.proved(here, now).any(|proof| now.since(proof.enrolled_at) >= SETTLED)
    }

    /// Whether what was proved is enough to remove `target`: itself, a younger one, or one that is settled.
    fn may_remove(&self, here: &Here, target: &Enrolled, now: Timestamp) -> bool {
        let not_older = |proof: &Enrolled| target.enrolled_at >= proof.enrolled_at;
        self.has_settled_proof(here, now) || self.proved(here, now).any(not_older)
    }
}

impl Accounts {
    pub(super) async fn held(&self, here: &Here) -> Result<Held, Failure> {
        self.factors.enrolled(&here.user.id).await.map(Held).map_err(error::factor)
    }

    /// The occasion of what is enrolled in the portal: bound to the session as within a sign-in to the journey.
    pub(super) fn occasion(&self, here: &Here) -> Occasion {
        let place = JourneyId::from_text(format!("account-{}", here.session.value.id));
        Occasion { user: here.user.id.clone(), journey: place, origin: here.visitor.origin() }
    }

    /// `GET /account/factors`.
    pub(super) async fn factors_page(&self, visitor: Visitor) -> Result<Response, Failure> {
        match self.enter(visitor, Section::Factors).await? {
            Opening::Go(here) => self.show_factors(&here, None).await,
            Opening::Instead(response) => Ok(response),
        }
    }

    /// `GET /account/factors/confirm`: the proof that changes need, and back.
    pub(super) async fn confirm_person(&self, visitor: Visitor) -> Result<Response, Failure> {
        match self.enter_confirmed(visitor, Section::Factors).await? {
            Opening::Go(_) => see_other(Section::Factors.path()),
            Opening::Instead(response) => Ok(response),
        }
    }

    async fn show_factors(&self, here: &Here, problem: Option<Message>) -> Result<Response, Failure> {
        let held = self.held(here).await?;
        let line = |one: &Enrolled| FactorLine {
            value: one.credential.to_string(),
            name: one.name.clone(),
            kind: FactorInWords::of(one.kind, one.token.is_some()).text_id(),
            token: one.token.clone(),
            enrolled: for_people(one.enrolled_at),
            last_used: one.last_used.map(for_people),
        };
        let count = |kind| held.second().filter(|one| one.kind == kind).count();
        let page = FactorsPage {
            section: "factors",
            form: self.form(here),
            confirmed: self.is_confirmed(here).await?,
            factors: held.second().map(line).collect(),
            codes_left: u32::try_from(held.codes_left()).unwrap_or(u32::MAX),
            can_add_app: count(FactorKind::Totp) < MOST,
            can_add_key: self.can_add_key(count(FactorKind::Passkey)),
            problem,
        };
        self.show(here, &page).await
    }

    /// `POST /account/factors`: another name, or none of it any more. Whatever is named is looked for among the person's own.
    pub(super) async fn change_factor(
        &self,
        visitor: Visitor,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        let here = match self.enter_to_change(visitor, Section::Factors, form).await? {
            Opening::Go(here) => here,
            Opening::Instead(response) => return Ok(response),
        };
        let id = CredentialId::from_text(form.get("factor")?.unwrap_or_default());
        let held = self.held(&here).await?;
        let Some(target) = held.find(&id) else { return see_other(Section::Factors.path()) };
        let problem = match form.get("action")? {
            None => self.rename(&here, target, form.get("name")?.unwrap_or_default()).await?,
            Some("remove") => self.remove(&here, &held, target).await?,
            _ => return Err(Failure::bad_request("nothing to do was named")),
        };
        match problem {
            Some(problem) => self.show_factors(&here, Some(problem)).await,
            None => see_other(Section::Factors.path()),
        }
    }

    async fn rename(&self, here: &Here, target: &Enrolled, name: &str) -> Result<Option<Message>, Failure> {
        let (mut batch, occasion, id) = (Batch::new(), self.occasion(here), &target.credential);
        self.sessions.touch(&mut batch, &here.session);
        let renamed = match target.kind {
            FactorKind::Passkey => self.passkeys.rename_into(&mut batch, &occasion, id, name).await,
            _ => self.journeys.second_factor.rename_into(&mut batch, &occasion, id, name).await,
        };
        match renamed {
            Err(FactorError::Name) => return Ok(Some(Message::FieldUnusable)),
            renamed => renamed.map_err(error::factor)?,
        };
        self.commit(batch).await.map(|()| None)
    }

    async fn remove(&self, here: &Here, held: &Held, target: &Enrolled) -> Result<Option<Message>, Failure> {
        if !held.may_remove(here, target, self.journeys.clock.now()) {
            return Ok(Some(Message::FactorTooYoung));
        }
        if !self.can_sign_in_without(here, held, target).await? {
            return Ok(Some(Message::FactorNeeded));
        }
        let (mut batch, occasion, id) = (Batch::new(), self.occasion(here), &target.credential);
        let removed = match target.kind {
            FactorKind::Passkey => self.passkeys.remove_into(&mut batch, &occasion, id).await,
            _ => self.journeys.second_factor.remove_into(&mut batch, &occasion, id).await,
        };
        removed.map_err(error::factor)?;
        let lifecycle = &self.journeys.lifecycle;
        lifecycle.factor_changed(&mut batch, &here.user.id, Some(&here.session)).await?;
        self.commit(batch).await.map(|()| None)
    }

    /// Whether policy would still let the person in, by what is left.
    async fn can_sign_in_without(
        &self,
        here: &Here,
        held: &Held,
        target: &Enrolled,
    ) -> Result<bool, Failure> {
        let mut person = self.journeys.people.read(&here.user, None).await?;
        let left = |kind| {
            held.second().any(|one| one.kind == kind && one.usable && one.credential != target.credential)
        };
        person.factors.retain(|kind| *kind == FactorKind::MailCode || left(*kind));
        let thought = Thought {
            at: self.journeys.clock.now(),
            user: &here.user,
            person: &person,
            application: None,
            address: None,
            levels: &[],
        };
        let (_, prospect) = prospect(&self.journeys.settings.now().policy, &thought);
        Ok(!matches!(prospect, Prospect::Enrol(_) | Prospect::Refused(_)))
    }
}
