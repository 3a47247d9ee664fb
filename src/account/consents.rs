//! What the person lets applications learn, and taking it back: from then on what the application was given is worth nothing, and
//! it asks anew (R-PO-02).

use axum::response::Response;

use super::Accounts;
use super::portal::{Opening, Section};
use crate::audit::{Action, Actor, Outcome};
use crate::foundation::ids::ClientId;
use crate::lifecycle::post::for_people;
use crate::pages::consent_pages::ScopeInWords;
use crate::pages::portal_pages::{ConsentLine, ConsentsPage};
use crate::storage::Batch;
use crate::web::{Failure, Parameters, Visitor, see_other};

impl Accounts {
    /// `GET /account/consents`.
    pub(super) async fn consents_page(&self, visitor: Visitor) -> Result<Response, Failure> {
        let here = match self.enter(visitor, Section::Consents).await? {
            Opening::Go(here) => here,
            Opening::Instead(response) => return Ok(response),
        };
        let mut consents = Vec::new();
        for (client, consent) in self.journeys.grants.consents(&here.user.id).await? {
            let name = self.clients.by_id(&client).await?.map(|client| client.name);
            let scopes = consent.scopes.iter().map(|scope| ScopeInWords::of(scope.as_str()).line());
            consents.push(ConsentLine {
                name: name.unwrap_or_else(|| client.to_string()),
                value: client.to_string(),
                scopes: scopes.collect(),
                at: for_people(consent.at),
            });
        }
        let page = ConsentsPage { section: "consents", form: self.form(&here), consents };
        self.show(&here, &page).await
    }

    /// `POST /account/consents`: the consent is found under the person's own id, so nobody else's can be named.
    pub(super) async fn withdraw_consent(
        &self,
        visitor: Visitor,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        let here = match self.enter_by_form(visitor, Section::Consents, form).await? {
            Opening::Go(here) => here,
            Opening::Instead(response) => return Ok(response),
        };
        let client = form.get("application")?.map(ClientId::from_text);
        let client = client.ok_or_else(|| Failure::bad_request("no application was named"))?;
        let mut batch = Batch::new();
        self.sessions.touch(&mut batch, &here.session);
        self.journeys.grants.withdraw(&mut batch, &here.user.id, &client);
        let trail = &self.journeys.trail;
        let event = trail.event(Action::ConsentWithdrawn, Outcome::Success, &here.visitor.origin());
        event.by(Actor::User(here.user.id.clone())).about(&here.user.id).client(&client).write(&mut batch);
        // Refused where it was taken back before: the page shows what stands.
        self.journeys.store.commit(batch).await?;
        see_other(Section::Consents.path())
    }
}
