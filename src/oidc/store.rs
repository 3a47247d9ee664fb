//! What the provider itself remembers: authorization codes (`code/<hash>`).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Oidc;
use crate::foundation::Timestamp;
use crate::foundation::ids::{ClientId, SessionId, UserId};
use crate::foundation::secret::{AccessToken, AuthorizationCode, Hashed, Plain};
use crate::sessions::Assurance;
use crate::storage::{Batch, Key, Record, StorageError, Stored};
use crate::vocabulary::{ClaimsRequest, CodeChallenge, Scopes};

/// How long a code may wait for its client (R-TK-05).
pub const CODE_LIFETIME: Duration = Duration::from_secs(60);

/// How long a spent code is remembered, so that a second use is seen and revokes the first (R-TK-06): while its token may live.
const SPENT_LIFETIME: Duration = crate::grants::access_token::LIFETIME;

/// All that a code is bound to (R-TK-05).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeGrant {
    /// Whom it was issued to.
    pub client: ClientId,
    /// The redirect URI of the request.
    pub redirect_uri: String,
    /// The challenge of the request, if it had one.
    pub challenge: Option<CodeChallenge>,
    /// The nonce of the request, if it had one.
    pub nonce: Option<String>,
    /// The session it was issued in.
    pub session: SessionId,
    /// The person.
    pub user: UserId,
    /// Level, methods and time of the sign-in, as they were when the code was issued.
    pub assurance: Assurance,
    /// The `acr` values the client asked for.
    pub acr_values: Vec<String>,
    /// What was granted.
    pub scopes: Scopes,
    /// Single claims asked for.
    pub claims: ClaimsRequest,
}

/// A code is fresh, then spent; a spent one still tells what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeRecord {
    /// May be exchanged once.
    Fresh(Box<CodeGrant>),
    /// Was exchanged by this client, for this token.
    Spent {
        /// The client.
        client: ClientId,
        /// The token that a second use revokes.
        access_token: Hashed<AccessToken>,
    },
}

impl Record for CodeRecord {}

fn key(code: &Hashed<AuthorizationCode>) -> Key {
    Key::new("code", &[&code.to_text()])
}

impl CodeGrant {
    /// Adds to `batch` a fresh code for it.
    pub(super) fn remember(self, batch: &mut Batch, code: &Plain<AuthorizationCode>, now: Timestamp) {
        let record = CodeRecord::Fresh(Box::new(self));
        batch.put(key(&code.hash()), &record, Some(now.plus(CODE_LIFETIME)));
    }
}

impl Oidc {
    /// The code as it stands, if it is known.
    pub(super) async fn find_code(
        &self,
        code: &Plain<AuthorizationCode>,
    ) -> Result<Option<Stored<CodeRecord>>, StorageError> {
        self.store.fetch(&key(&code.hash())).await
    }

    /// Adds to `batch` that the code, unchanged since it was read, is now spent for `access_token` (R-CO-03).
    pub(super) fn spend_code(
        &self,
        batch: &mut Batch,
        code: &Plain<AuthorizationCode>,
        read: &Stored<CodeRecord>,
        client: &ClientId,
        access_token: Hashed<AccessToken>,
    ) {
        let spent = CodeRecord::Spent { client: client.clone(), access_token };
        let until = self.clock.now().plus(SPENT_LIFETIME);
        batch.require_revision(key(&code.hash()), read.revision);
        batch.put(key(&code.hash()), &spent, Some(until));
    }

    /// Adds to `batch` the end of a code that was misused (R-TK-07), on condition that it was not used meanwhile.
    pub(super) fn destroy_code(
        &self,
        batch: &mut Batch,
        code: &Plain<AuthorizationCode>,
        read: &Stored<CodeRecord>,
    ) {
        batch.require_revision(key(&code.hash()), read.revision);
        batch.delete(key(&code.hash()));
    }
}
