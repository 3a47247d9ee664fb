//! The token request: HTTP Basic over the URL-encoded id and secret (RFC 6749 section 2.3.1) and nothing else; only 200 with
//! JSON is a success.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;
use url::form_urlencoded;

use super::provider::Provider;
use super::{Application, Fault};
use crate::foundation::secret::Hidden;
use crate::outbound::Answer;

/// What a token answer must hold (OpenID Connect Core section 3.1.3.3).
#[derive(Debug, Deserialize)]
pub struct Tokens {
    /// For userinfo.
    pub access_token: Hidden,
    /// Must be `Bearer`, in any case.
    pub token_type: String,
    /// Who signed in.
    pub id_token: Hidden,
}

impl Application {
    /// Exchanges `code`.
    pub(super) async fn exchange(&self, provider: &Provider, code: &str) -> Result<Tokens, Fault> {
        let redirect_uri = self.redirect_uri();
        let form =
            [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect_uri.as_str())];
        let headers = basic(&self.configuration.client_id, &self.configuration.client_secret)?;
        let answer = self.outbound.post_form(&provider.token_endpoint, headers, &form).await;
        accept(&answer.map_err(|error| Fault::provider("token", error.to_string()))?)
    }

    /// The claims of userinfo: a plain JSON object with `sub`.
    pub(super) async fn userinfo(&self, provider: &Provider, tokens: &Tokens) -> Result<Value, Fault> {
        let fault = |what: String| Fault::provider("userinfo", what);
        let bearer = format!("Bearer {}", tokens.access_token.expose());
        let headers = authorization(&bearer)?;
        let answer = self.outbound.get(&provider.userinfo_endpoint, headers).await;
        let answer = answer.map_err(|error| fault(error.to_string()))?;
        let claims = json(&answer).map_err(fault)?;
        match claims.get("sub") {
            Some(Value::String(_)) => Ok(claims),
            _ => Err(fault("the answer has no sub".to_owned())),
        }
    }
}

/// Takes a token answer over.
pub fn accept(answer: &Answer) -> Result<Tokens, Fault> {
    let fault = |what: String| Fault::provider("token", what);
    let tokens: Tokens =
        serde_json::from_value(json(answer).map_err(fault)?).map_err(|error| fault(error.to_string()))?;
    if !tokens.token_type.eq_ignore_ascii_case("Bearer") {
        return Err(fault("token_type is not Bearer".to_owned()));
    }
    Ok(tokens)
}

/// A JSON answer with status 200, or what is wrong with it.
pub(super) fn json(answer: &Answer) -> Result<Value, String> {
    if answer.status != StatusCode::OK {
        let error = serde_json::from_slice::<Value>(&answer.body).ok();
        let error = error.as_ref().and_then(|body| body.get("error")?.as_str()).unwrap_or("no error code");
        return Err(format!("the answer is {} ({error})", answer.status));
    }
    let kind =
        answer.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err(format!("the answer is {kind:?}, not application/json"));
    }
    serde_json::from_slice(&answer.body).map_err(|error| format!("the answer is not JSON: {error}"))
}

fn basic(id: &str, secret: &Hidden) -> Result<HeaderMap, Fault> {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encoded(id), encoded(secret.expose()));
    authorization(&format!("Basic {}", STANDARD.encode(pair)))
}

fn authorization(value: &str) -> Result<HeaderMap, Fault> {
    let value = HeaderValue::from_str(value).map_err(|error| Fault::provider("token", error.to_string()))?;
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, value);
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    Ok(headers)
}
