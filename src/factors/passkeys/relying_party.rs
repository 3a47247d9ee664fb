//! Who asks for passkeys: this site, by its exact address (R-WA-02), under a name that never changes (R-WA-10).

use serde::Deserialize;
use serde_json::Value;
use url::{Host, Url};
use webauthn_rs_core::WebauthnCore;

use super::OPEN_FOR;
use crate::config::Site;

/// This site as relying party (WebAuthn Level 3 section 4).
#[derive(Debug)]
pub(super) struct RelyingParty {
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
    pub(super) fn of(site: &Site) -> Option<Self> {
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
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Whether `client_data` names exactly our origin and no frame: the library compares parsed addresses, of which several
    /// spellings are equal, and lets other sites' frames sign in.
    pub(super) fn is_own_page(&self, client_data: &[u8]) -> bool {
        serde_json::from_slice::<ClientData>(client_data).is_ok_and(|said| {
            said.origin == self.origin && said.cross_origin != Some(true) && said.top_origin.is_none()
        })
    }
}
