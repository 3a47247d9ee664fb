//! One registered application.

use serde::{Deserialize, Serialize};

use super::{Preset, RedirectUri};
use crate::foundation::Timestamp;
use crate::foundation::ids::ClientId;
use crate::foundation::secret::{ClientSecret, Hashed};
use crate::storage::Record;
use crate::vocabulary::client_metadata::{ClientAuthentication, SigningAlgorithm};
use crate::vocabulary::{ResponseMode, Scopes};

/// A client secret as it is kept. Two may be valid while one replaces the other (R-TK-04).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSecret {
    /// Its hash.
    pub hash: Hashed<ClientSecret>,
    /// When it ends, if it was replaced.
    pub expires: Option<Timestamp>,
}

/// What is remembered of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// `client_id`.
    pub id: ClientId,
    /// Shown to people.
    pub name: String,
    /// The application's kind, where it was registered by preset: then claims go where that application looks for them.
    pub preset: Option<Preset>,
    /// A disabled client is treated as unknown.
    pub enabled: bool,
    /// Empty for a public client.
    pub secrets: Vec<StoredSecret>,
    /// How it may authenticate at the token endpoint.
    pub authentication: Vec<ClientAuthentication>,
    /// Where authorization responses may go.
    pub redirect_uris: Vec<RedirectUri>,
    /// Where the browser may go after sign-out.
    pub post_logout_redirect_uris: Vec<String>,
    /// Loaded in a frame at sign-out.
    pub frontchannel_logout_uri: Option<String>,
    /// Where its sign-in can be started.
    pub initiate_login_uri: Option<String>,
    /// The application's own address, for links.
    pub client_uri: Option<String>,
    /// Signs its ID tokens.
    pub signing_algorithm: SigningAlgorithm,
    /// What it may ask for.
    pub scopes: Scopes,
    /// How responses may travel to it.
    pub response_modes: Vec<ResponseMode>,
    /// Runs with neither PKCE nor nonce (R-AZ-07): old plug-ins and test suites only.
    pub unbound: bool,
    /// PKCE may not be left out, even with a nonce.
    pub pkce_required: bool,
    /// People are not asked for consent.
    pub consent_skipped: bool,
    /// `redirect_uri` and `logout_uri` are read as `post_logout_redirect_uri` at sign-out (R-LO-03).
    pub logout_aliases: bool,
    /// A person without groups is sent as an empty list, which makes native clients remove all memberships (R-ID-07).
    pub empty_groups_allowed: bool,
    /// The groups it may learn; all where absent (R-ID-08).
    pub allowed_groups: Option<Vec<String>>,
    /// Its port may vary on loopback IP literals (RFC 8252 section 7.3).
    pub native: bool,
    /// Whom to ask about it.
    pub contacts: Vec<String>,
    /// When it was registered.
    pub created_at: Timestamp,
}

impl Record for Client {}

impl Client {
    /// Whether it has no secret at all.
    pub fn is_public(&self) -> bool {
        self.authentication == [ClientAuthentication::None]
    }

    /// Whether `presented` is one of its live secrets. An empty one never is (R-TK-03); compared in constant time.
    pub fn accepts_secret(&self, presented: &str, now: Timestamp) -> bool {
        let hash = Hashed::of(presented);
        let live = |secret: &&StoredSecret| secret.expires.is_none_or(|end| end > now);
        let matching = self.secrets.iter().filter(live).filter(|secret| secret.hash == hash).count();
        !presented.is_empty() && matching > 0
    }

    /// The registered redirect URI that `presented` equals (R-AZ-02, R-AZ-04).
    pub fn admits_redirect_uri(&self, presented: &str) -> bool {
        self.redirect_uris.iter().any(|registered| registered.matches(presented, self.native))
    }

    /// Whether the browser may be sent to `presented` after sign-out: exact match only (R-LO-03).
    pub fn admits_post_logout_redirect_uri(&self, presented: &str) -> bool {
        self.post_logout_redirect_uris.iter().any(|registered| registered == presented)
    }
}
