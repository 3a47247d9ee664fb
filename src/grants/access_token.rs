//! Access tokens: opaque references (R-TK-16) to what was granted, dead as soon as their session is (R-UI-02).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Grants;
use crate::foundation::Timestamp;
use crate::foundation::ids::{ClientId, SessionId, UserId};
use crate::foundation::secret::{AccessToken, Hashed, Plain};
use crate::storage::{Batch, Key, Record, StorageError};
use crate::vocabulary::{ClaimsRequest, Scopes};

/// How long an access token lives, unless its session ends sooner.
pub const LIFETIME: Duration = Duration::from_secs(60 * 60);

/// What an access token stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessGrant {
    /// Whom it was issued to.
    pub client: ClientId,
    /// Whose it is.
    pub user: UserId,
    /// The session that must live.
    pub session: SessionId,
    /// What may be learnt with it.
    pub scopes: Scopes,
    /// Single claims asked for.
    pub claims: ClaimsRequest,
}

impl Record for AccessGrant {}

/// The key of an access token's record.
pub fn key(token: &Hashed<AccessToken>) -> Key {
    Key::new("access-token", &[&token.to_text()])
}

impl Grants {
    /// Adds to `batch` the grant behind a new token.
    pub fn issue(&self, batch: &mut Batch, token: &Plain<AccessToken>, grant: &AccessGrant, now: Timestamp) {
        batch.put(key(&token.hash()), grant, Some(now.plus(LIFETIME)));
    }

    /// What a presented token stands for, if it lives.
    pub async fn find(&self, token: &Plain<AccessToken>) -> Result<Option<AccessGrant>, StorageError> {
        let found = self.store.fetch::<AccessGrant>(&key(&token.hash())).await?;
        Ok(found.map(|stored| stored.value))
    }

    /// Adds to `batch` the end of a token.
    pub fn revoke(&self, batch: &mut Batch, token: &Hashed<AccessToken>) {
        batch.delete(key(token));
    }
}
