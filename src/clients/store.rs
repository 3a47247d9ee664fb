//! Where clients stand in the store: `client/<id>` of the current generation.

use std::sync::Arc;

use super::{Client, Clients, RegistrationError};
use crate::foundation::ids::ClientId;
use crate::storage::{Batch, Generation, Outcome, StorageError};

/// The kind of a client's record.
pub const KIND: &str = "client";

impl Clients {
    /// The enabled client with this id.
    pub async fn find(&self, id: &ClientId) -> Result<Option<Arc<Client>>, StorageError> {
        let found = self.generations.get(KIND, &[id.as_str()]).await?.pop().flatten();
        let client = found.map(|raw| self.kept.decode(id, raw)).transpose()?;
        Ok(client.filter(|client| client.enabled))
    }

    /// The enabled clients among `ids`, from one view of the store.
    pub async fn find_all(&self, ids: &[ClientId]) -> Result<Vec<Client>, StorageError> {
        let ids: Vec<_> = ids.iter().map(ClientId::as_str).collect();
        let found = self.generations.get(KIND, &ids).await?;
        let clients =
            found.into_iter().flatten().map(|raw| raw.decode::<Client>().map(|stored| stored.value));
        let clients: Vec<_> = clients.collect::<Result<_, _>>()?;
        Ok(clients.into_iter().filter(|client| client.enabled).collect())
    }

    /// Every client, ordered by id, a page of `limit` after `after`.
    pub async fn list(&self, after: Option<&ClientId>, limit: usize) -> Result<Vec<Client>, StorageError> {
        let page = self.generations.list(KIND, after.map(ClientId::as_str), limit).await?;
        page.into_iter().map(|raw| raw.decode().map(|stored| stored.value)).collect()
    }

    /// Remembers a new client, in one commit with the caller's batch `with`.
    pub async fn insert(&self, client: &Client, with: Batch) -> Result<(), RegistrationError> {
        loop {
            let (generation, known) = self.generations.get_current(KIND, &[client.id.as_str()]).await?;
            if known.into_iter().flatten().next().is_some() {
                return Err(RegistrationError::Taken(client.id.to_string()));
            }
            if self.write(&generation, client, with.clone()).await? {
                return Ok(());
            }
        }
    }

    /// Changes a client by `edit`, in one commit with the caller's batch `with`; answers it as it is now, `None` if there
    /// is none with this id. Its id stays.
    pub async fn change(
        &self,
        id: &ClientId,
        with: Batch,
        edit: impl Fn(&mut Client) + Send,
    ) -> Result<Option<Client>, RegistrationError> {
        loop {
            let (generation, mut known) = self.generations.get_current(KIND, &[id.as_str()]).await?;
            let Some(raw) = known.pop().flatten() else { return Ok(None) };
            let mut client = raw.decode::<Client>()?.value;
            edit(&mut client);
            client.id = id.clone();
            if self.write(&generation, &client, with.clone()).await? {
                return Ok(Some(client));
            }
        }
    }

    /// Any client with this id, as it stands.
    pub async fn by_id(&self, id: &ClientId) -> Result<Option<Client>, StorageError> {
        let (_, mut known) = self.generations.get_current(KIND, &[id.as_str()]).await?;
        let found = known.pop().flatten().map(|raw| raw.decode::<Client>()).transpose()?;
        Ok(found.map(|stored| stored.value))
    }

    /// Removes a client, in one commit with the caller's batch `with`; answers whether there was one with this id.
    pub async fn remove(&self, id: &ClientId, with: Batch) -> Result<bool, RegistrationError> {
        loop {
            let (generation, mut known) = self.generations.get_current(KIND, &[id.as_str()]).await?;
            if known.pop().flatten().is_none() {
                return Ok(false);
            }
            let mut batch = Batch::new();
            generation.change(&mut batch);
            batch.delete(generation.key(KIND, id.as_str())).append(with.clone());
            match self.store.commit(batch).await? {
                Outcome::Done(_) => return Ok(true),
                Outcome::Refused(0) => {}
                Outcome::Refused(_) => return Err(RegistrationError::Conflict),
            }
        }
    }

    /// Whether it was written: not where the generation changed since it was read, which is looked at anew then.
    async fn write(
        &self,
        generation: &Generation,
        client: &Client,
        with: Batch,
    ) -> Result<bool, RegistrationError> {
        let mut batch = Batch::new();
        generation.change(&mut batch);
        batch.put(generation.key(KIND, client.id.as_str()), client, None).append(with);
        match self.store.commit(batch).await? {
            Outcome::Done(_) => Ok(true),
            Outcome::Refused(0) => Ok(false),
            Outcome::Refused(_) => Err(RegistrationError::Conflict),
        }
    }
}
