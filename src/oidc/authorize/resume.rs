//! Where a journey returns to that did not end with a code (`code.rs`): the request that was put aside is answered, once.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::code::{request_of, resume_path};
use super::request::Fault;
use super::respond::Arrival;
use super::{Oidc, Pending};
use crate::journey::finish::Returned;
use crate::pages::hand_over_pages::HandOverPage;
use crate::pages::journey_pages::{RestartPage, RestartReason};
use crate::sessions::Live;
use crate::storage::Batch;
use crate::web::{Failure, PagePolicy, Visitor};

/// `GET /authorize/resume/{journey}`.
pub async fn resume(
    State(oidc): State<Arc<Oidc>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    oidc.resume(&visitor, &id).await
}

impl Oidc {
    async fn resume(&self, visitor: &Visitor, id: &str) -> Result<Response, Failure> {
        let Some(returned) = self.journeys.returned(visitor, id, &resume_path()).await? else {
            return Ok(self.over(visitor));
        };
        let request = request_of(&returned.read.value)?;
        let client = self.answers.client_still_there(&request.back).await?.ok_or_else(|| {
            Failure::page("unknown_application", "resume: the client or its redirect URI is gone")
        })?;
        let pending = Pending { visitor, client: &client, request: &request, arrival: Arrival::AfterForm };
        match &returned.result {
            Ok(session) => {
                let live = self.journeys.signed_in(visitor).await?;
                let live = live.filter(|live| live.session.value.id == *session);
                let Some(live) = live else { return Ok(self.over(visitor)) };
                self.resume_with(&pending, &returned, &live).await
            }
            Err(code) => {
                let mut taken = Batch::new();
                self.journeys.take(&mut taken, &returned.read);
                if !self.store.commit(taken).await?.is_done() {
                    return Ok(self.over(visitor));
                }
                let fault = Fault { code: *code, description: "the sign-in was not completed" };
                self.answers.refuse(visitor, &request.back, fault, Arrival::AfterForm)
            }
        }
    }

    /// Time has passed since the journey arrived, so the decision is asked once more before anything is issued.
    async fn resume_with(
        &self,
        pending: &Pending<'_>,
        returned: &Returned,
        live: &Live,
    ) -> Result<Response, Failure> {
        let Some(assurance) =
            self.journeys.still_arrived(pending.visitor, returned, &live.session.value).await?
        else {
            return self.journeys.reopen(pending.visitor, returned.read.value.id.as_str()).await;
        };
        let mut taken = Batch::new();
        self.journeys.take(&mut taken, &returned.read);
        if let Some(start) = self.answers.start_anew(pending.client, &returned.read.value) {
            self.store.commit(taken).await?;
            let page =
                HandOverPage { target: start.to_owned(), application: Some(pending.client.name.clone()) };
            return Ok(self.web.page(pending.visitor, StatusCode::OK, &page, &PagePolicy::default()));
        }
        match self.issue_code(pending, live, &assurance, taken).await? {
            Some(response) => Ok(response),
            None => Ok(self.over(pending.visitor)),
        }
    }

    /// Reloaded, or sent twice: the answer was given.
    fn over(&self, visitor: &Visitor) -> Response {
        let page = RestartPage::new(RestartReason::Finished, "/".to_owned(), None, visitor.request.as_str());
        self.web.page(visitor, StatusCode::BAD_REQUEST, &page, &PagePolicy::default())
    }
}
