//! Remembered consent: what a person lets a client learn (OpenID Connect Core section 3.1.2.4).

use serde::{Deserialize, Serialize};

use super::Grants;
use crate::foundation::Timestamp;
use crate::foundation::ids::{ClientId, UserId};
use crate::storage::{Batch, Key, Record, StorageError};
use crate::vocabulary::Scopes;

/// What was allowed, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// All scopes ever allowed to this client.
    pub scopes: Scopes,
    /// The last time.
    pub at: Timestamp,
}

impl Record for Consent {}

fn key(user: &UserId, client: &ClientId) -> Key {
    Key::new("consent", &[user.as_str(), client.as_str()])
}

impl Grants {
    /// What `user` allowed `client` so far.
    pub async fn consent(&self, user: &UserId, client: &ClientId) -> Result<Option<Consent>, StorageError> {
        let found = self.store.fetch::<Consent>(&key(user, client)).await?;
        Ok(found.map(|stored| stored.value))
    }

    /// Adds to `batch` that `user` allows `client` these scopes.
    pub fn remember_consent(&self, batch: &mut Batch, user: &UserId, client: &ClientId, consent: &Consent) {
        batch.put(key(user, client), consent, None);
    }
}
