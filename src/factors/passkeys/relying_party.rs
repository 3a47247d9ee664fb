//! Who asks for passkeys: this site, by its exact address (R-WA-02), under a name that never changes (R-WA-10); and what it makes
//! of the answers. Pure: whose key it is, and whether the challenge is still good, is decided beside it.

use std::ops::RangeInclusive;

use serde::Deserialize;
use serde_json::Value;
use url::{Host, Url};
use webauthn_rs_core::WebauthnCore;
use webauthn_rs_core::error::WebauthnError;
use webauthn_rs_core::proto::{
    AttestationFormat, AuthenticationResult, AuthenticationState, Credential, ParsedAttestation,
    PublicKeyCredential, RegisterPublicKeyCredential, RegistrationState,
};

use super::OPEN_FOR;
use crate::config::Site;

/// Bytes of a credential id (WebAuthn Level 3 sections 4 and 7.1).
const ID_BYTES: RangeInclusive<usize> = 16..=1023;
/// Of the ways to reach a key, which its browser names unsigned, so many are remembered.
const MOST_TRANSPORTS: usize = 8;

/// Why an answer proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// It was not signed by this key, here and now, for this question.
    Unfit,
    /// It was, but the key's counter did not rise: there are two of it (R-WA-06).
    Copied,
}

/// This site as relying party (WebAuthn Level 3 section 4).
#[derive(Debug)]
pub struct RelyingParty {
    pub(super) core: WebauthnCore,
    origin: String,
    id: String,
}

/// What the browser says of the page that asked (WebAuthn Level 3 section 5.8.1), as far as the library does not look at it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    origin: String,
    #[serde(default)]
    cross_origin: Option<bool>,
    #[serde(default)]
    top_origin: Option<Value>,
}

impl RelyingParty {
    /// `site` as relying party; `None` where its host is an IP address, for which no browser makes a passkey.
    pub fn of(site: &Site) -> Option<Self> {
        let url = Url::parse(site.issuer()).ok()?;
        let Some(Host::Domain(host)) = url.host() else { return None };
        let id = host.to_owned();
        let core = WebauthnCore::new_unsafe_experts_only(
            &id,
            &id,
            vec![url],
            OPEN_FOR,
            None, // no subdomain
            None, // no other port
        );
        Some(Self { core, origin: site.origin().to_owned(), id })
    }

    /// The id to which every key is bound for ever (RP ID): the host of the issuer.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key that `answer` tells of, made as it was asked for; `None` for every other answer (WebAuthn Level 3 section 7.1).
    pub fn made(&self, state: &RegistrationState, answer: &str) -> Option<Credential> {
        let answer = serde_json::from_str::<RegisterPublicKeyCredential>(answer).ok()?;
        if answer.type_ != "public-key" || !self.is_own_page(&answer.response.client_data_json) {
            return None;
        }
        let made = self.core.register_credential(&answer, state, None).ok()?;
        let mut transports = answer.response.transports;
        if let Some(transports) = &mut transports {
            transports.truncate(MOST_TRANSPORTS);
        }
        // Nobody asked for the maker's certificates, so they are not kept.
        let slim = Credential {
            transports,
            attestation: ParsedAttestation::default(),
            attestation_format: AttestationFormat::None,
            ..made
        };
        ID_BYTES.contains(&slim.cred_id.len()).then_some(slim)
    }

    /// What `key`, as it stands now, has signed (WebAuthn Level 3 section 7.2).
    pub fn signed(
        &self,
        state: &AuthenticationState,
        answer: &PublicKeyCredential,
        key: &Credential,
    ) -> Result<AuthenticationResult, Wrong> {
        if !self.is_own_page(&answer.response.client_data_json) {
            return Err(Wrong::Unfit);
        }
        self.core.authenticate_single_credential(answer, state, key).map_err(|error| match error {
            WebauthnError::CredentialPossibleCompromise => Wrong::Copied,
            _ => Wrong::Unfit,
        })
    }

    /// Whether `client_data` names exactly our origin and no frame: the library compares parsed addresses, of which several
    /// spellings are equal, and lets other sites' frames sign in.
    fn is_own_page(&self, client_data: &[u8]) -> bool {
        serde_json::from_slice::<ClientData>(client_data).is_ok_and(|said| {
            said.origin == self.origin && said.cross_origin != Some(true) && said.top_origin.is_none()
        })
    }
}

/// An answer to a question for a signature, read but not judged.
pub fn read(answer: &str) -> Option<PublicKeyCredential> {
    let answer = serde_json::from_str::<PublicKeyCredential>(answer).ok()?;
    (answer.type_ == "public-key").then_some(answer)
}
