//! Reading back an ID token of our own, as a hint (OpenID Connect Core section 3.1.2.1, RP-Initiated Logout section 2).

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

use super::jwk::Material;
use super::{Jwk, Keyring};
use crate::foundation::ids::{ClientId, SessionId, UserId};
use crate::vocabulary::client_metadata::SigningAlgorithm;

/// What an ID token of ours says about whom and whose it is. It never authenticates anybody.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct IdTokenHint {
    /// The person.
    #[serde(rename = "sub")]
    pub subject: UserId,
    /// The client it was issued to.
    #[serde(rename = "aud")]
    pub audience: ClientId,
    /// The session it was issued in.
    #[serde(rename = "sid")]
    pub session: SessionId,
}

/// Why a token is no hint of ours; the reason is for the log.
#[derive(Debug, thiserror::Error)]
#[error("not an ID token of ours: {0}")]
pub struct HintError(String);

impl Keyring {
    /// Verifies signature, type and issuer; an expired one is good (R-AZ-13, R-LO-02). The algorithm is the key's, not the token's.
    pub fn verify_hint(&self, token: &str, issuer: &str) -> Result<IdTokenHint, HintError> {
        let fault = |reason: &str| HintError(reason.to_owned());
        let header = jsonwebtoken::decode_header(token).map_err(|error| HintError(error.to_string()))?;
        if header.typ.as_deref() != Some("JWT") {
            return Err(fault("its type is not JWT"));
        }
        let kid = header.kid.ok_or_else(|| fault("it names no key"))?;
        let keys = self.present();
        let jwk = keys.jwk(&kid).ok_or_else(|| fault("its key is unknown"))?;
        let mut validation = Validation::new(algorithm(jwk));
        validation.set_issuer(&[issuer]);
        validation.set_required_spec_claims(&["iss", "sub", "aud"]);
        validation.validate_exp = false;
        validation.validate_aud = false;
        let decoded = jsonwebtoken::decode(token, &decoding_key(jwk)?, &validation);
        decoded.map(|data| data.claims).map_err(|error| HintError(error.to_string()))
    }
}

fn algorithm(jwk: &Jwk) -> Algorithm {
    match jwk.alg {
        SigningAlgorithm::RS256 => Algorithm::RS256,
        SigningAlgorithm::ES256 => Algorithm::ES256,
    }
}

fn decoding_key(jwk: &Jwk) -> Result<DecodingKey, HintError> {
    match &jwk.material {
        Material::Rsa { n, e } => DecodingKey::from_rsa_components(n, e),
        Material::EllipticCurve { x, y, .. } => DecodingKey::from_ec_components(x, y),
    }
    .map_err(|error| HintError(error.to_string()))
}
