//! Where a journey returns to: the authorization request that was put aside is answered, once.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::request::{AuthorizeRequest, Fault};
use super::respond::Arrival;
use super::{Oidc, Pending};
use crate::clients::Client;
use crate::foundation::ids::SessionId;
use crate::journey::finish::Returned;
use crate::pages::hand_over_pages::HandOverPage;
use crate::pages::journey_pages::{RestartPage, RestartReason};
use crate::sessions::{Assurance, Session};
use crate::storage::{Batch, Stored};
use crate::web::{Failure, PagePolicy, Visitor};

/// The Atlassian applications forget their side of a sign-in after five minutes. A journey that took longer than this is
/// answered by starting the application's sign-in anew, which the session then answers at once.
const APPLICATION_PATIENCE: Duration = Duration::from_secs(4 * 60);

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
        let Some(Returned { read, result }) = self.journeys.returned(visitor, id).await? else {
            return Ok(self.over(visitor));
        };
        let request: AuthorizeRequest =
            serde_json::from_value(read.value.errand.data.clone()).map_err(Failure::internal)?;
        let client = self.clients.find(&request.back.client).await?;
        let client =
            client.ok_or_else(|| Failure::page("unknown_application", "resume: the client is gone"))?;
        let mut taken = Batch::new();
        self.journeys.take(&mut taken, &read);
        let pending = Pending {
            visitor,
            client: &client,
            request: &request,
            arrival: Arrival::AfterForm,
        };
        match result {
            Ok(session) => {
                let took = self.clock.now().since(read.value.started_at);
                self.resume_with(&pending, &session, took, taken).await
            }
            Err(code) => {
                if !self.store.commit(taken).await?.is_done() {
                    return Ok(self.over(visitor));
                }
                let fault = Fault {
                    code,
                    description: "the sign-in was not completed",
                };
                self.refuse(visitor, &request.back, fault, Arrival::AfterForm)
            }
        }
    }

    async fn resume_with(
        &self,
        pending: &Pending<'_>,
        session: &SessionId,
        took: Duration,
        taken: Batch,
    ) -> Result<Response, Failure> {
        let session = self
            .journeys
            .session(pending.visitor)
            .await?
            .filter(|found| found.value.id == *session);
        let Some(session) = session else {
            return Ok(self.over(pending.visitor));
        };
        if let Some(start) = start_anew(pending.client, took) {
            self.store.commit(taken).await?;
            let page = HandOverPage {
                target: start.to_owned(),
                application: Some(pending.client.name.clone()),
            };
            return Ok(self
                .web
                .page(pending.visitor, StatusCode::OK, &page, &PagePolicy::default()));
        }
        let assurance = self
            .assurance(&session)
            .ok_or_else(|| Failure::internal("a session without proof"))?;
        match self.issue_code(pending, &session, &assurance, taken).await? {
            Some(response) => Ok(response),
            None => Ok(self.over(pending.visitor)),
        }
    }

    fn assurance(&self, session: &Stored<Session>) -> Option<Assurance> {
        let max_age = self.journeys.second_factor_max_age();
        Assurance::of(&session.value.evidence, self.clock.now(), max_age)
    }

    /// Reloaded, or sent twice: the answer was given.
    fn over(&self, visitor: &Visitor) -> Response {
        let page = RestartPage::new(
            RestartReason::Finished,
            "/".to_owned(),
            None,
            visitor.request.as_str(),
        );
        self.web
            .page(visitor, StatusCode::BAD_REQUEST, &page, &PagePolicy::default())
    }
}

fn start_anew(client: &Client, took: Duration) -> Option<&str> {
    let forgets = client.preset.is_some() && took > APPLICATION_PATIENCE;
    client.initiate_login_uri.as_deref().filter(|_| forgets)
}
