//! The UserInfo endpoint (OpenID Connect Core section 5.3, RFC 6750): by GET and POST, the token in the header or, for
//! POST, in the form; never in the query (R-UI-01).

use std::sync::Arc;

use axum::extract::FromRequest as _;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::Oidc;
use crate::claims;
use crate::foundation::secret::{AccessToken, Plain};
use crate::vocabulary::ErrorCode;
use crate::web::{Failure, Form, failure::Face};

/// `GET` and `POST /userinfo`.
pub async fn userinfo(State(oidc): State<Arc<Oidc>>, request: Request) -> Result<Response, Failure> {
    let answer = async {
        let token = presented_token(request).await?;
        oidc.userinfo(&token).await
    };
    answer.await.map_err(|failure: Failure| failure.on(Face::OAuth))
}

fn invalid_token(reason: &'static str) -> Failure {
    Failure::json(StatusCode::UNAUTHORIZED, ErrorCode::InvalidToken.as_str(), reason)
        .challenged("Bearer error=\"invalid_token\"")
}

impl Oidc {
    async fn userinfo(&self, token: &Plain<AccessToken>) -> Result<Response, Failure> {
        let dead = || invalid_token("the access token is unknown, expired or revoked");
        let grant = self.grants.find(token).await?.ok_or_else(dead)?;
        let live = self.sessions.by_id(&grant.session).await?;
        let user = live.and_then(|live| live.served(self.clock.now())).ok_or_else(dead)?.user;
        let client = self.clients.find(&grant.client).await?.ok_or_else(dead)?;
        let allowed = self.grants.still_allowed(&user.id, &client.id, !client.consent_skipped).await?;
        if user.id != grant.user || !allowed {
            return Err(dead());
        }
        let released = claims::release(&user, &client, &grant.scopes, &grant.claims);
        let mut claims = released.map_err(|why| Failure::forbidden(why.to_string()))?.userinfo();
        claims.insert("sub".to_owned(), json!(user.id));
        let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
        Ok((StatusCode::OK, headers, serde_json::Value::Object(claims).to_string()).into_response())
    }
}

async fn presented_token(request: Request) -> Result<Plain<AccessToken>, Failure> {
    let in_query = request.uri().query().is_some_and(|query| query.contains("access_token"));
    if in_query {
        return Err(Failure::bad_request("the access token must not be in the query"));
    }
    let from_header = bearer(request.headers())?;
    let from_form = form_token(request).await?;
    let token = match (from_header, from_form) {
        (Some(_), Some(_)) => return Err(Failure::bad_request("the access token is given twice")),
        (Some(token), None) | (None, Some(token)) => token,
        (None, None) => {
            let missing =
                Failure::json(StatusCode::UNAUTHORIZED, ErrorCode::InvalidToken.as_str(), "no access token");
            return Err(missing.challenged("Bearer"));
        }
    };
    Plain::parse(&token).ok_or_else(|| invalid_token("not an access token of ours"))
}

fn bearer(headers: &HeaderMap) -> Result<Option<String>, Failure> {
    let mut lines = headers.get_all(header::AUTHORIZATION).iter();
    let Some(line) = lines.next() else { return Ok(None) };
    if lines.next().is_some() {
        return Err(Failure::bad_request("more than one Authorization header"));
    }
    let (scheme, token) = line.to_str().ok().and_then(|line| line.split_once(' ')).unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err(invalid_token("not a bearer token"));
    }
    Ok(Some(token.trim().to_owned()))
}

/// RFC 6750 section 2.2: only in a form, only by POST.
async fn form_token(request: Request) -> Result<Option<String>, Failure> {
    let is_form = request.method() == Method::POST
        && request.headers().get(header::CONTENT_TYPE).is_some_and(|kind| !kind.is_empty());
    if !is_form {
        return Ok(None);
    }
    let Form(form) = Form::from_request(request, &()).await?;
    Ok(form.get("access_token")?.map(str::to_owned))
}
