//! The answer of a sign-in: by GET only, once, within 300 seconds, in the browser that began. Then the code becomes claims,
//! and the claims a session.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{Method, header};
use axum::response::Response;

use super::authorize::redirect;
use super::cookie::{self, Purpose};
use super::flow::Flow;
use super::id_token::{self, Expected};
use super::mapping;
use super::session::AppSession;
use super::{Application, Fault};
use crate::foundation::secret::Plain;
use crate::web::{Failure, Parameters, Query, Visitor};

/// `GET /plugins/servlet/oidc/callback`.
pub async fn callback(
    State(application): State<Arc<Application>>,
    method: Method,
    visitor: Visitor,
    Query(parameters): Query,
) -> Result<Response, Failure> {
    // A HEAD request would be routed here too, and would use the answer up.
    if method != Method::GET {
        return Err(Failure::wrong_method());
    }
    match application.complete(&visitor, &parameters).await {
        Ok((flow, session)) => application.let_in(&visitor, &flow, session),
        Err(fault) => Ok(application.fault_page(&visitor, &fault)),
    }
}

impl Application {
    async fn complete(
        &self,
        visitor: &Visitor,
        parameters: &Parameters,
    ) -> Result<(Flow, AppSession), Fault> {
        if parameters.repeated().is_some() {
            return Err(Fault::answer("invalid_response", "a parameter of the answer is repeated"));
        }
        let parameter = |name| parameters.get(name).ok().flatten();
        let browser = cookie::read(&visitor.cookies, Purpose::Flow, self.port());
        let state = parameter("state").ok_or_else(unknown_state)?;
        let flow = self.flows.take(state, browser.as_ref(), self.clock.now()).ok_or_else(unknown_state)?;
        if let Some(error) = parameter("error") {
            return Err(Fault::answer(error, parameter("error_description").unwrap_or_default()));
        }
        let code =
            parameter("code").ok_or_else(|| Fault::answer("invalid_response", "the answer holds no code"))?;
        let session = self.redeem(code, &flow).await?;
        Ok((flow, session))
    }

    async fn redeem(&self, code: &str, flow: &Flow) -> Result<AppSession, Fault> {
        let provider = self.provider().await?;
        let tokens = self.exchange(&provider, code).await?;
        let claims = id_token::claims(tokens.id_token.expose())?;
        let expected = Expected {
            issuer: &provider.issuer,
            client_id: &self.configuration.client_id,
            nonce: &flow.nonce,
        };
        id_token::check(&claims, expected, self.clock.now())?;
        let mapping = &self.configuration.mapping;
        let expression = mapping.username_expression();
        let username = if mapping::needs_more(expression, &claims) {
            let more = self.userinfo(&provider, &tokens).await?;
            mapping::evaluate(expression, &[&claims, &more])?
        } else {
            mapping::evaluate(expression, &[&claims])?
        };
        let provisioned = mapping.provisioning.as_ref().map(|provisioning| provisioning.provision(&claims));
        Ok(AppSession {
            username,
            provisioned: provisioned.transpose()?.unwrap_or_default(),
            provider_session: claims.get("sid").and_then(|sid| sid.as_str()).map(str::to_owned),
            claims: serde_json::to_string_pretty(&claims).unwrap_or_default(),
            signature_fault: self.signature_fault(&provider, tokens.id_token.expose()).await,
            id_token: tokens.id_token,
            began: self.clock.now(),
        })
    }

    fn let_in(&self, visitor: &Visitor, flow: &Flow, session: AppSession) -> Result<Response, Failure> {
        self.drop_session(visitor);
        let secret = Plain::generate(self.random.as_ref());
        self.sessions.insert(&secret, session);
        let mut response = redirect(&flow.destination)?;
        let line = cookie::set(Purpose::Session, self.port(), &secret)?;
        response.headers_mut().append(header::SET_COOKIE, line);
        Ok(response)
    }
}

/// The real client's words for answers that are late, repeated or another browser's.
fn unknown_state() -> Fault {
    Fault::answer("state", "Unknown state in response")
}
