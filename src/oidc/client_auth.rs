//! Client authentication at the token endpoint (RFC 6749 section 2.3, OpenID Connect Core section 9).
//! Deny on doubt: exactly one method, one of the client's own, and the same answer whatever was wrong (R-TK-02, R-TK-03).

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Oidc;
use crate::clients::Client;
use crate::foundation::ids::ClientId;
use crate::foundation::secret::Hidden;
use crate::vocabulary::ErrorCode;
use crate::vocabulary::client_metadata::ClientAuthentication;
use crate::web::{Failure, Parameters};

/// What a client presented.
struct Presented {
    id: String,
    /// Each reading of the secret: Basic may be form-encoded or raw, and the two agree for secrets of ours.
    secrets: Vec<Hidden>,
    method: ClientAuthentication,
}

/// `J(401, invalid_client)`; the reason is for the log.
fn invalid_client(reason: &'static str) -> Failure {
    Failure::json(StatusCode::UNAUTHORIZED, ErrorCode::InvalidClient.as_str(), reason)
}

fn invalid_request(reason: &'static str) -> Failure {
    Failure::json(StatusCode::BAD_REQUEST, ErrorCode::InvalidRequest.as_str(), reason).described(reason)
}

impl Oidc {
    /// The client that this request proves to come from.
    pub(super) async fn authenticate_client(
        &self,
        headers: &HeaderMap,
        form: &Parameters,
    ) -> Result<Arc<Client>, Failure> {
        let presented = presented(headers, form)?;
        let id = ClientId::from_text(&presented.id);
        let client = self.clients.find(&id).await?.ok_or_else(|| invalid_client("unknown client"))?;
        if !client.authentication.contains(&presented.method) {
            return Err(invalid_client("this method is not registered for the client"));
        }
        let now = self.clock.now();
        let proven = presented.method == ClientAuthentication::None
            || presented.secrets.iter().any(|secret| client.accepts_secret(secret.expose(), now));
        if proven { Ok(client) } else { Err(invalid_client("wrong client secret")) }
    }
}

fn presented(headers: &HeaderMap, form: &Parameters) -> Result<Presented, Failure> {
    let id = form.get("client_id")?.map(str::to_owned);
    let posted = form.iter().find(|(name, _)| *name == "client_secret").map(|(_, value)| value);
    let basic = basic(headers)?;
    match (basic, posted, id) {
        (Some(_), Some(_), _) => Err(invalid_request("two methods of client authentication")),
        (Some(basic), None, id) if id.as_ref().is_none_or(|id| *id == basic.id) => Ok(basic),
        (Some(_), None, _) => Err(invalid_client("client_id differs from the one in Basic")),
        (None, Some(secret), Some(id)) => Ok(Presented {
            id,
            secrets: vec![Hidden::new(secret)],
            method: ClientAuthentication::ClientSecretPost,
        }),
        (None, None, Some(id)) => {
            Ok(Presented { id, secrets: Vec::new(), method: ClientAuthentication::None })
        }
        (None, _, None) => Err(invalid_client("no client authentication")),
    }
}

fn basic(headers: &HeaderMap) -> Result<Option<Presented>, Failure> {
    let mut lines = headers.get_all(header::AUTHORIZATION).iter();
    let Some(line) = lines.next() else { return Ok(None) };
    let malformed = || invalid_client("malformed Authorization header");
    if lines.next().is_some() {
        return Err(invalid_request("more than one Authorization header"));
    }
    let (scheme, credentials) =
        line.to_str().ok().and_then(|line| line.split_once(' ')).ok_or_else(malformed)?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return Err(malformed());
    }
    let decoded = STANDARD.decode(credentials.trim()).map_err(|_| malformed())?;
    let decoded = String::from_utf8(decoded).map_err(|_| malformed())?;
    let (id, secret) = decoded.split_once(':').ok_or_else(malformed)?;
    let mut secrets = vec![Hidden::new(secret)];
    secrets.extend(form_decoded(secret).map(Hidden::new).filter(|decoded| decoded.expose() != secret));
    let id = form_decoded(id).unwrap_or_else(|| id.to_owned());
    Ok(Some(Presented { id, secrets, method: ClientAuthentication::ClientSecretBasic }))
}

/// RFC 6749 section 2.3.1 has id and secret form-encoded before Base64; plug-ins send them raw.
fn form_decoded(text: &str) -> Option<String> {
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Some(text.to_owned());
    }
    let pair = Parameters::parse(format!("v={}", text.replace('&', "%26")).as_bytes()).ok()?;
    pair.get("v").ok().flatten().map(str::to_owned)
}
