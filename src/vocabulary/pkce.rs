//! Proof Key for Code Exchange (RFC 7636); only `S256`, `plain` does not exist here (R-AZ-07).

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

/// The `code_challenge` of a request: base64url of a SHA-256, 43 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeChallenge(String);

/// The `code_verifier` of a token request (RFC 7636 section 4.1): 43 to 128 unreserved characters.
#[derive(Debug)]
pub struct CodeVerifier(String);

impl CodeChallenge {
    /// Reads a challenge of the method `S256`; `None` where its form is wrong.
    pub fn parse(text: &str) -> Option<Self> {
        let well_formed = URL_SAFE_NO_PAD.decode(text).is_ok_and(|hash| hash.len() == 32);
        well_formed.then(|| Self(text.to_owned()))
    }

    /// Whether `verifier` is what this challenge was made from.
    pub fn is_met_by(&self, verifier: &CodeVerifier) -> bool {
        let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.0.as_bytes()));
        hash.as_bytes().ct_eq(self.0.as_bytes()).into()
    }
}

impl CodeVerifier {
    /// Reads a verifier; `None` where its form is wrong.
    pub fn parse(text: &str) -> Option<Self> {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        ((43..=128).contains(&text.len()) && text.bytes().all(unreserved)).then(|| Self(text.to_owned()))
    }
}
