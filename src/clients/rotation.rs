//! A further secret for a client: two are good for a while, so that nobody is shut out between the two configurations
//! (R-TK-04).

use super::{Client, Clients, RegistrationError, StoredSecret};
use crate::foundation::Timestamp;
use crate::foundation::ids::ClientId;
use crate::foundation::secret::{ClientSecret, Hashed, Plain};
use crate::storage::Batch;

impl Client {
    /// Takes a further secret. The newest before it stays good until `end`, any older one is over.
    fn take_secret(&mut self, hash: Hashed<ClientSecret>, end: Timestamp) {
        let newest = self.secrets.pop().map(|newest| StoredSecret {
            expires: Some(newest.expires.map_or(end, |earlier| earlier.min(end))),
            ..newest
        });
        self.secrets = newest.into_iter().collect();
        self.secrets.push(StoredSecret { hash, expires: None });
    }
}

impl Clients {
    /// Gives a confidential client a further secret, in one commit with the caller's batch `with`; answers it, and the client
    /// as it is now. `None` if there is none with this id.
    pub async fn rotate_secret(
        &self,
        id: &ClientId,
        end: Timestamp,
        with: Batch,
    ) -> Result<Option<(Client, Plain<ClientSecret>)>, RegistrationError> {
        let secret = Plain::<ClientSecret>::generate(self.random.as_ref());
        let hash = secret.hash();
        let changed = self.change(id, with, |client| client.take_secret(hash.clone(), end)).await?;
        Ok(changed.map(|client| (client, secret)))
    }
}
