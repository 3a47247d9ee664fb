//! A code for an authorization request: where a journey ends, in the commit of the sign-in that it rests on, so that the
//! browser goes straight on; where a session lives already, in a commit of its own.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::response::Response;
use serde::Deserialize as _;

use super::request::{AuthorizeRequest, ReturnAddress};
use super::respond::{Answer, Arrival};
use crate::claims;
use crate::clients::{Client, Clients};
use crate::foundation::ids::{SessionId, UserId};
use crate::foundation::secret::{AuthorizationCode, Plain};
use crate::foundation::{Clock, Random};
use crate::journey::{Arrived, Errands, Journey};
use crate::oidc::paths;
use crate::oidc::store::CodeGrant;
use crate::sessions::Assurance;
use crate::storage::{Batch, StorageError};
use crate::web::{Failure, Web};

/// The Atlassian applications forget their side of a sign-in after five minutes. A journey that took longer than this is
/// answered by starting the application's sign-in anew, which the session then answers at once.
const APPLICATION_PATIENCE: Duration = Duration::from_secs(4 * 60);

/// What authorization requests are answered with.
#[derive(Debug)]
pub struct Answers {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) clients: Clients,
    pub(crate) web: Arc<Web>,
}

/// Who is signed in, in which session, and how well.
#[derive(Debug, Clone, Copy)]
pub(super) struct SignedIn<'a> {
    pub(super) user: &'a UserId,
    pub(super) session: &'a SessionId,
    pub(super) assurance: &'a Assurance,
}

/// Where a journey for an authorization request goes on, but for its id.
pub(super) fn resume_path() -> String {
    format!("{}/", paths::RESUME)
}

/// The request that was put aside when the journey began.
pub(super) fn request_of(journey: &Journey) -> Result<AuthorizeRequest, Failure> {
    AuthorizeRequest::deserialize(&journey.errand.data).map_err(Failure::internal)
}

impl Answers {
    /// Adds to `batch` a code bound to everything, and answers it.
    pub(super) fn code(
        &self,
        batch: &mut Batch,
        client: &Client,
        request: &AuthorizeRequest,
        signed_in: SignedIn<'_>,
    ) -> Answer {
        let code = Plain::<AuthorizationCode>::generate(self.random.as_ref());
        let grant = CodeGrant {
            client: client.id.clone(),
            redirect_uri: request.back.redirect_uri.clone(),
            challenge: request.challenge.clone(),
            nonce: request.nonce.clone(),
            session: signed_in.session.clone(),
            user: signed_in.user.clone(),
            assurance: signed_in.assurance.clone(),
            acr_values: request.acr_values.clone(),
            scopes: request.scopes.clone(),
            claims: request.claims.clone(),
        };
        grant.remember(batch, &code, self.clock.now());
        vec![("code", code.expose().to_owned())]
    }

    /// The client may have been changed since the request was put aside (R-AZ-01).
    pub(super) async fn client_still_there(
        &self,
        back: &ReturnAddress,
    ) -> Result<Option<Arc<Client>>, StorageError> {
        let client = self.clients.find(&back.client).await?;
        Ok(client.filter(|client| client.admits_redirect_uri(&back.redirect_uri)))
    }

    /// Where the application's sign-in must be started anew, because the journey took too long for it.
    pub(super) fn start_anew<'a>(&self, client: &'a Client, journey: &Journey) -> Option<&'a str> {
        let took = self.clock.now().since(journey.started_at);
        let forgets = client.preset.is_some() && took > APPLICATION_PATIENCE;
        client.initiate_login_uri.as_deref().filter(|_| forgets)
    }
}

#[async_trait]
impl Errands for Answers {
    async fn fulfil(&self, arrived: &Arrived<'_>, batch: &mut Batch) -> Result<Option<Response>, Failure> {
        let Arrived { visitor, journey, session, user, assurance } = *arrived;
        if journey.errand.resume != resume_path() {
            return Ok(None);
        }
        let request = request_of(journey)?;
        let Some(client) = self.client_still_there(&request.back).await? else { return Ok(None) };
        let withheld = claims::release(user, &client, &request.scopes, &request.claims).is_err();
        if withheld || self.start_anew(&client, journey).is_some() {
            return Ok(None);
        }
        let code = self.code(batch, &client, &request, SignedIn { user: &user.id, session, assurance });
        self.answer(visitor, &request.back, code, Arrival::AfterForm).map(Some)
    }
}
