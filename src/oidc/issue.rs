//! Minting ID tokens (OpenID Connect Core section 2). They leave only after the commit that justifies them.

use serde_json::{Map, Value, json};

use super::Oidc;
use super::store::CodeGrant;
use crate::clients::Client;
use crate::foundation::Timestamp;
use crate::keys::KeyError;
use crate::vocabulary::acr::ForeignNames;

/// Seconds an ID token is good for (R-TK-15).
pub const ID_TOKEN_SECONDS: i64 = 300;

impl Oidc {
    /// The ID token for an exchanged code; `released` are the claims about the person.
    pub(super) fn id_token(
        &self,
        client: &Client,
        grant: &CodeGrant,
        released: Map<String, Value>,
        now: Timestamp,
    ) -> Result<String, KeyError> {
        let requested = grant.claims.essential_acr.iter().chain(&grant.acr_values).map(String::as_str);
        let acr = grant.assurance.level.answer(requested, ForeignNames::default());
        let mut claims = released;
        let protocol = json!({
            "iss": self.site.issuer(),
            "sub": grant.user,
            "aud": client.id,
            "iat": now.seconds(),
            "exp": now.seconds() + ID_TOKEN_SECONDS,
            "auth_time": grant.assurance.auth_time.seconds(),
            "acr": acr,
            "amr": grant.assurance.methods,
            "sid": grant.session,
        });
        if let Value::Object(protocol) = protocol {
            claims.extend(protocol);
        }
        if let Some(nonce) = &grant.nonce {
            claims.insert("nonce".to_owned(), json!(nonce));
        }
        self.keyring.signing_key(client.signing_algorithm)?.sign_token("JWT", &claims)
    }
}
