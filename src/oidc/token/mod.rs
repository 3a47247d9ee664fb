//! The token endpoint as one pipeline: authenticate the client, read the grant, let it make its tokens, answer.
//! A grant can forget none of the shared steps, since it is called from here only (RFC 6749 section 3.2).

mod code;

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use super::Oidc;
use crate::audit::{Action, Actor, Outcome};
use crate::clients::Client;
use crate::foundation::secret::{AccessToken, Plain};
use crate::grants::access_token;
use crate::limits::Throttled;
use crate::vocabulary::grant_type::GrantType;
use crate::vocabulary::{ErrorCode, Scopes};
use crate::web::{Failure, Form, Parameters, Visitor, failure::Face};

/// What a grant hands out, after its commit.
struct Tokens {
    access_token: Plain<AccessToken>,
    id_token: String,
    scopes: Scopes,
}

/// `POST /token`.
pub async fn token(
    State(oidc): State<Arc<Oidc>>,
    visitor: Visitor,
    headers: HeaderMap,
    form: Result<Form, Failure>,
) -> Result<Response, Failure> {
    let answer = async { oidc.token_answer(&visitor, &headers, &form?).await };
    match answer.await.map_err(|failure: Failure| failure.on(Face::OAuth)) {
        Err(failure) if failure.status == StatusCode::UNAUTHORIZED => {
            Err(oidc.refused(&visitor, failure).await)
        }
        answer => answer,
    }
}

impl Oidc {
    async fn token_answer(
        &self,
        visitor: &Visitor,
        headers: &HeaderMap,
        form: &Form,
    ) -> Result<Response, Failure> {
        let Form(form) = form;
        if form.repeated().is_some() {
            return Err(bad_request(ErrorCode::InvalidRequest, "a parameter is repeated"));
        }
        let client = self.authenticate_client(headers, form).await?;
        match self.grant(visitor, &client, form).await {
            Ok(tokens) => answer(&tokens),
            Err(failure) => Err(self.count_refusal(visitor, &client, failure).await?),
        }
    }

    async fn grant(&self, visitor: &Visitor, client: &Client, form: &Parameters) -> Result<Tokens, Failure> {
        let wanted = form.get("grant_type")?;
        let wanted = wanted.ok_or_else(|| bad_request(ErrorCode::InvalidRequest, "grant_type is missing"))?;
        match GrantType::parse(wanted) {
            Some(GrantType::AuthorizationCode) => self.exchange_code(visitor, client, form).await,
            None => Err(bad_request(ErrorCode::UnsupportedGrantType, "only authorization_code is supported")),
        }
    }

    /// A request that goes well is counted in its own commit, one that is refused here (R-RL-01).
    async fn count_refusal(
        &self,
        visitor: &Visitor,
        client: &Client,
        failure: Failure,
    ) -> Result<Failure, Failure> {
        // A public client's id is known to everybody: what anybody sends in its name must not use up its share.
        let counts = failure.status.is_client_error() && failure.status != StatusCode::TOO_MANY_REQUESTS;
        if client.is_public() || !counts {
            return Ok(failure);
        }
        match self.limit.count_alone(&client.id).await? {
            Some(throttled) => Ok(self.throttle(visitor, client, throttled).await),
            None => Ok(failure),
        }
    }

    /// The answer to an application that asks too often. Trouble with the trail changes nothing about it.
    async fn throttle(&self, visitor: &Visitor, client: &Client, throttled: Throttled) -> Failure {
        let event = self.trail.event(Action::Throttled, Outcome::Failure, &visitor.origin());
        let event = event.by(Actor::Client(client.id.clone())).because("token_requests");
        if let Err(error) = event.write_bounded(&self.store).await {
            tracing::error!(%error, "the audit event of a limit was not written");
        }
        Failure::too_many(throttled.retry_after, "an application asks for tokens too often").on(Face::OAuth)
    }
}

fn bad_request(code: ErrorCode, description: &'static str) -> Failure {
    Failure::json(StatusCode::BAD_REQUEST, code.as_str(), description).described(description)
}

/// RFC 6749 section 5.1, OpenID Connect Core section 3.1.3.3.
#[derive(Serialize)]
struct TokenResponse<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
    id_token: &'a str,
    scope: String,
}

fn answer(tokens: &Tokens) -> Result<Response, Failure> {
    let body = TokenResponse {
        access_token: tokens.access_token.expose(),
        token_type: "Bearer",
        expires_in: access_token::LIFETIME.as_secs(),
        id_token: &tokens.id_token,
        scope: tokens.scopes.to_string(),
    };
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
        (header::PRAGMA, "no-cache"),
    ];
    let body = serde_json::to_string(&body).map_err(Failure::internal)?;
    Ok((headers, body).into_response())
}
