//! Where clients stand in the store: `client/<id>`.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::{Client, Clients, RegistrationError};
use crate::foundation::ids::ClientId;
use crate::storage::{Batch, Key, Raw, Revision, StorageError};

/// The key of a client's record.
pub fn key(id: &ClientId) -> Key {
    Key::new("client", &[id.as_str()])
}

/// Clients as they were last decoded: every request reads the record, but only a changed one is decoded again.
#[derive(Debug, Default)]
pub(super) struct Kept(RwLock<HashMap<ClientId, (Revision, Arc<Client>)>>);

impl Kept {
    fn read(&self, id: &ClientId, raw: Raw) -> Result<Arc<Client>, StorageError> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned();
        if let Some((_, client)) = known.filter(|(revision, _)| *revision == raw.revision) {
            return Ok(client);
        }
        let revision = raw.revision;
        let client = Arc::new(raw.decode::<Client>()?.value);
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        kept.insert(id.clone(), (revision, Arc::clone(&client)));
        Ok(client)
    }
}

impl Clients {
    /// The enabled client with this id.
    pub async fn find(&self, id: &ClientId) -> Result<Option<Arc<Client>>, StorageError> {
        let found = self.store.get(&[key(id)]).await?.pop().flatten();
        let client = found.map(|raw| self.kept.read(id, raw)).transpose()?;
        Ok(client.filter(|client| client.enabled))
    }

    /// The enabled clients among `ids`, from one view of the store.
    pub async fn find_all(&self, ids: &[ClientId]) -> Result<Vec<Client>, StorageError> {
        let keys: Vec<_> = ids.iter().map(key).collect();
        let found = self.store.get(&keys).await?;
        let clients =
            found.into_iter().flatten().map(|raw| raw.decode::<Client>().map(|stored| stored.value));
        let clients: Vec<_> = clients.collect::<Result<_, _>>()?;
        Ok(clients.into_iter().filter(|client| client.enabled).collect())
    }

    /// Every client, ordered by id, a page of `limit` after `after`.
    pub async fn list(&self, after: Option<&ClientId>, limit: usize) -> Result<Vec<Client>, StorageError> {
        let prefix = Key::prefix("client", &[]);
        let page = self.store.scan(&prefix, after.map(key).as_ref(), limit).await?;
        page.into_iter().map(|(_, raw)| raw.decode().map(|stored| stored.value)).collect()
    }

    /// Remembers a new client, in one commit with the caller's batch `with`.
    pub async fn insert(&self, client: &Client, with: Batch) -> Result<(), RegistrationError> {
        let mut batch = Batch::new();
        batch.require_absent(key(&client.id)).put(key(&client.id), client, None).append(with);
        let outcome = self.store.commit(batch).await?;
        if outcome.is_done() { Ok(()) } else { Err(RegistrationError::Taken(client.id.to_string())) }
    }
}
