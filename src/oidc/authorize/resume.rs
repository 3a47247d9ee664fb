//! Where a journey returns to: the authorization request that was put aside is answered, once.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::request::{AuthorizeRequest, Fault, ReturnAddress};
use super::respond::Arrival;
use super::{Oidc, Pending};
use crate::clients::Client;
use crate::journey::finish::Returned;
use crate::oidc::paths;
use crate::pages::hand_over_pages::HandOverPage;
use crate::pages::journey_pages::{RestartPage, RestartReason};
use crate::sessions::Live;
use crate::storage::Batch;
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
        let resume = format!("{}/", paths::RESUME);
        let Some(returned) = self.journeys.returned(visitor, id, &resume).await? else {
            return Ok(self.over(visitor));
        };
        let data = returned.read.value.errand.data.clone();
        let request: AuthorizeRequest = serde_json::from_value(data).map_err(Failure::internal)?;
        let client = self.client_still_there(&request.back).await?;
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
                self.refuse(visitor, &request.back, fault, Arrival::AfterForm)
            }
        }
    }

    /// The client may have been changed since the request was put aside (R-AZ-01).
    async fn client_still_there(&self, back: &ReturnAddress) -> Result<Arc<Client>, Failure> {
        let client = self.clients.find(&back.client).await?;
        let client = client.filter(|client| client.admits_redirect_uri(&back.redirect_uri));
        client.ok_or_else(|| {
            Failure::page("unknown_application", "resume: the client or its redirect URI is gone")
        })
    }

    /// Time has passed since the journey arrived, so the decision is asked once more before anything is issued.
    async fn resume_with(
        &self,
        pending: &Pending<'_>,
        returned: &Returned,
        live: &Live,
    ) -> Result<Response, Failure> {
        let Some(assurance) = self.journeys.still_arrived(returned, &live.session.value).await? else {
            return self.journeys.reopen(pending.visitor, returned.read.value.id.as_str()).await;
        };
        let mut taken = Batch::new();
        self.journeys.take(&mut taken, &returned.read);
        if let Some(start) =
            start_anew(pending.client, self.clock.now().since(returned.read.value.started_at))
        {
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

fn start_anew(client: &Client, took: Duration) -> Option<&str> {
    let forgets = client.preset.is_some() && took > APPLICATION_PATIENCE;
    client.initiate_login_uri.as_deref().filter(|_| forgets)
}
