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

/// Consents read at once.
const PAGE: usize = 500;
/// Nobody has allowed so many applications something that are not forgotten together.
const MOST_OF_USER: usize = 500;

fn key(user: &UserId, client: &ClientId) -> Key {
    Key::new("consent", &[user.as_str(), client.as_str()])
}

impl Grants {
    /// What `user` allowed `client` so far.
    pub async fn consent(&self, user: &UserId, client: &ClientId) -> Result<Option<Consent>, StorageError> {
        let found = self.store.fetch::<Consent>(&key(user, client)).await?;
        Ok(found.map(|stored| stored.value))
    }

    /// Adds to `batch` that `user` allowed nobody anything.
    pub async fn forget_user(&self, batch: &mut Batch, user: &UserId) -> Result<(), StorageError> {
        let given = self.store.scan(&Key::prefix("consent", &[user.as_str()]), None, MOST_OF_USER).await?;
        for (key, _) in given {
            batch.delete(key);
        }
        Ok(())
    }

    /// Forgets what everybody allowed `client`, so that another one of that id begins anew.
    pub async fn forget_client(&self, client: &ClientId) -> Result<(), StorageError> {
        let mut after: Option<Key> = None;
        loop {
            let page = self.store.scan(&Key::prefix("consent", &[]), after.as_ref(), PAGE).await?;
            let mut batch = Batch::new();
            let of_client = page.iter().filter(|(key, _)| key.last_part() == client.as_str());
            for (key, _) in of_client {
                batch.delete(key.clone());
            }
            self.store.commit(batch).await?;
            after = page.last().map(|(key, _)| key.clone());
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }

    /// Adds to `batch` that `user` allows `client` these scopes.
    pub fn remember_consent(&self, batch: &mut Batch, user: &UserId, client: &ClientId, consent: &Consent) {
        batch.put(key(user, client), consent, None);
    }
}
