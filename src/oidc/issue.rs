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
        let protocol = [
            ("iss", json!(self.site.issuer())),
            ("sub", json!(grant.user)),
            ("aud", json!(client.id)),
            ("iat", json!(now.seconds())),
            ("exp", json!(now.seconds() + ID_TOKEN_SECONDS)),
            ("auth_time", json!(grant.assurance.auth_time.seconds())),
            ("acr", json!(acr)),
            ("amr", json!(grant.assurance.methods)),
            ("sid", json!(grant.session)),
        ];
        let nonce = grant.nonce.iter().map(|nonce| ("nonce", json!(nonce)));
        claims.extend(protocol.into_iter().chain(nonce).map(|(name, value)| (name.to_owned(), value)));
        self.keyring.signing_key(client.signing_algorithm)?.sign_token("JWT", &claims)
    }
}
