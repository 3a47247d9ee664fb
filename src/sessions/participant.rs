//! Which clients received an ID token in a session: each pair a record of its own, so that ending one session never drops
//! another's pairs (R-LO-05).

use serde::{Deserialize, Serialize};

use super::Sessions;
use crate::foundation::Timestamp;
use crate::foundation::ids::{ClientId, SessionId};
use crate::storage::{Batch, Key, Record, StorageError};

/// More applications than this are not told of one sign-out.
const MOST: usize = 500;

#[derive(Debug, Serialize, Deserialize)]
struct Participant {
    last_token_at: Timestamp,
}

impl Record for Participant {}

fn key(session: &SessionId, client: &ClientId) -> Key {
    Key::new("participant", &[session.as_str(), client.as_str()])
}

impl Sessions {
    /// Adds to `batch` that `client` takes part in the session, on condition that the session still lives.
    pub fn record_participant(&self, batch: &mut Batch, session: &SessionId, client: &ClientId) {
        let now = self.clock.now();
        let until = now.plus(self.lifetimes().absolute);
        batch.require_present(super::store::key(session));
        batch.put(key(session, client), &Participant { last_token_at: now }, Some(until));
    }

    /// The clients that took part, in the order of their ids.
    pub async fn participants(&self, session: &SessionId) -> Result<Vec<ClientId>, StorageError> {
        let prefix = Key::prefix("participant", &[session.as_str()]);
        let page = self.store.scan(&prefix, None, MOST).await?;
        Ok(page.into_iter().map(|(key, _)| ClientId::from_text(key.last_part())).collect())
    }
}
