//! `/account`: who is signed in, and the way to all that can be seen and changed.

use axum::response::Response;

use super::Accounts;
use super::home::person;
use super::portal::{Opening, Section};
use crate::pages::portal_pages::OverviewPage;
use crate::web::{Failure, Visitor};

impl Accounts {
    /// `GET /account`.
    pub(super) async fn overview(&self, visitor: Visitor) -> Result<Response, Failure> {
        let here = match self.enter(visitor, Section::Overview).await? {
            Opening::Go(here) => here,
            Opening::Instead(response) => return Ok(response),
        };
        let page = OverviewPage { section: "overview", person: person(&here.user) };
        self.show(&here, &page).await
    }
}
