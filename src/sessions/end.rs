//! Ending sessions: first ours, durably (R-LO-04); whom to tell is answered as a plan.

use super::store::{key, user_key};
use super::{Session, Sessions, StoredSession};
use crate::foundation::ids::{SessionId, UserId};
use crate::storage::{Batch, Key, StorageError};

/// More session records than this are not removed in one batch; the epoch has ended them anyway.
const MOST: usize = 100;

impl Sessions {
    /// Adds to `batch` the end of `session`. Codes and access tokens of the session are dead with it (R-LO-10); who took part
    /// stays to be read, and expires.
    pub fn end(&self, batch: &mut Batch, session: &Session) {
        batch.delete(key(&session.id)).delete(user_key(&session.user, &session.id));
    }

    /// The ids of a person's sessions.
    pub async fn of_user(&self, user: &UserId) -> Result<Vec<SessionId>, StorageError> {
        let page = self.store.scan(&Key::prefix("user-session", &[user.as_str()]), None, MOST).await?;
        Ok(page.into_iter().map(|(key, _)| SessionId::from_text(key.last_part())).collect())
    }

    /// The person's sessions that live, the one used last first; at most 100.
    pub async fn living(&self, user: &UserId) -> Result<Vec<StoredSession>, StorageError> {
        let mut living = Vec::new();
        for id in self.of_user(user).await? {
            let live = self.by_id(&id).await?.filter(|live| live.user.id == *user);
            living.extend(live.map(|live| live.session));
        }
        living.sort_by_key(|session| std::cmp::Reverse(session.value.last_seen_at));
        Ok(living)
    }

    /// Adds to `batch` the removal of a person's sessions but `kept`: they have ended with the epoch (R-SE-05).
    pub async fn remove_all(
        &self,
        batch: &mut Batch,
        user: &UserId,
        kept: Option<&SessionId>,
    ) -> Result<(), StorageError> {
        for id in self.of_user(user).await? {
            if Some(&id) != kept {
                batch.delete(key(&id)).delete(user_key(user, &id));
            }
        }
        Ok(())
    }
}
