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

    /// All that `user` allowed, by application; at most 500.
    pub async fn consents(&self, user: &UserId) -> Result<Vec<(ClientId, Consent)>, StorageError> {
        let given = self.store.scan(&Key::prefix("consent", &[user.as_str()]), None, MOST_OF_USER).await?;
        let named = |(key, raw): (Key, crate::storage::Raw)| {
            Ok((ClientId::from_text(key.last_part()), raw.decode::<Consent>()?.value))
        };
        given.into_iter().map(named).collect()
    }

    /// Adds to `batch` that `user` allows `client` nothing any more, on condition that something was allowed. What it was given
    /// by this consent is worth nothing without it: see [`Self::still_allowed`].
    pub fn withdraw(&self, batch: &mut Batch, user: &UserId, client: &ClientId) {
        batch.require_present(key(user, client)).delete(key(user, client));
    }

    /// Whether `client` may still learn what it was granted: people who are asked must not have taken it back (R-PO-02).
    pub async fn still_allowed(
        &self,
        user: &UserId,
        client: &ClientId,
        asked: bool,
    ) -> Result<bool, StorageError> {
        Ok(!asked || self.consent(user, client).await?.is_some())
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
