//! Where sessions stand: `session/<sid>`, and `user-session/<user>/<sid>` to find a person's sessions.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::cookie::SessionCookie;
use super::{Session, Sessions};
use crate::audit::Origin;
use crate::factors::Evidence;
use crate::foundation::Timestamp;
use crate::foundation::ids::{SessionId, UserId};
use crate::foundation::secret::Plain;
use crate::storage::{Batch, Key, Record, StorageError, Stored};
use crate::users::store::user_key as user_record;
use crate::users::{Epoch, User, standing};

/// Activity is written this often at most.
const ACTIVITY_STEP: Duration = Duration::from_secs(60);

#[derive(Serialize, Deserialize)]
struct UserSession {}

impl Record for UserSession {}

pub(super) fn key(id: &SessionId) -> Key {
    Key::new("session", &[id.as_str()])
}

pub(super) fn user_key(user: &UserId, id: &SessionId) -> Key {
    Key::new("user-session", &[user.as_str(), id.as_str()])
}

/// A session as it was read.
pub type StoredSession = Stored<Arc<Session>>;

/// A live session and its person, read together: every door needs both.
#[derive(Debug, Clone)]
pub struct Live {
    /// The session.
    pub session: StoredSession,
    /// The person, who may not be served at present: ask [`Live::served`].
    pub user: Arc<User>,
}

impl Live {
    /// Itself, if the person may be served (R-CO-08).
    pub fn served(self, now: Timestamp) -> Option<Self> {
        standing(&self.user, now).is_ok().then_some(self)
    }
}

impl Sessions {
    /// The live session that `cookie` proves. An unknown id is never taken over (R-SE-03).
    pub async fn find(&self, cookie: Option<&SessionCookie>) -> Result<Option<Live>, StorageError> {
        let Some(cookie) = cookie else { return Ok(None) };
        let found = self.by_id(&cookie.id).await?;
        Ok(found.filter(|live| live.session.value.secret == cookie.secret.hash()))
    }

    /// The live session with this id, whoever asks, with its person. One of an earlier epoch of the person is dead.
    pub async fn by_id(&self, id: &SessionId) -> Result<Option<Live>, StorageError> {
        // Where the session was read before, its person is known, and one view shows both.
        let known = self.kept.last(id).map(|session| session.user.clone());
        let keys: Vec<_> = std::iter::once(key(id)).chain(known.iter().map(user_record)).collect();
        let mut found = self.store.get(&keys).await?.into_iter();
        let Some(raw) = found.next().flatten() else { return Ok(None) };
        let (revision, expires) = (raw.revision, raw.expires);
        let session = self.kept.decode(id, raw)?;
        let person = match found.next() {
            Some(person) if known.as_ref() == Some(&session.user) => person,
            _ => self.store.get_one(&user_record(&session.user)).await?,
        };
        let user = person.map(|raw| self.people.decode(&session.user, raw)).transpose()?;
        // Lifetimes that were shortened meanwhile count at once.
        let lives = self.clock.now() < self.end_of(&session);
        let of_this_epoch = user.filter(|user| lives && user.epoch == session.epoch);
        let session = Stored { value: session, revision, expires };
        Ok(of_this_epoch.map(|user| Live { session, user }))
    }

    /// Adds to `batch` a new session of `user`, and answers its cookie.
    pub fn begin(
        &self,
        batch: &mut Batch,
        user: &UserId,
        epoch: Epoch,
        evidence: &[Evidence],
        origin: &Origin,
    ) -> SessionCookie {
        let now = self.clock.now();
        let id = SessionId::generate(self.random.as_ref());
        let secret = Plain::generate(self.random.as_ref());
        let mut session = Session {
            id: id.clone(),
            user: user.clone(),
            secret: secret.hash(),
            evidence: Vec::new(),
            epoch,
            created_at: now,
            last_seen_at: now,
            origin: origin.clone(),
        };
        session.add_evidence(evidence);
        batch.require_absent(key(&id));
        batch.put(user_key(user, &id), &UserSession {}, Some(now.plus(self.lifetimes().absolute)));
        self.put(batch, &session);
        SessionCookie { id, secret }
    }

    /// Adds to `batch` that a session, unchanged since it was read, gains proofs and a new secret; answers its new cookie.
    pub fn renew(
        &self,
        batch: &mut Batch,
        read: &StoredSession,
        epoch: Epoch,
        evidence: &[Evidence],
    ) -> SessionCookie {
        let secret = Plain::generate(self.random.as_ref());
        let mut session = Session::clone(&read.value);
        session.secret = secret.hash();
        session.last_seen_at = self.clock.now();
        session.epoch = epoch;
        session.add_evidence(evidence);
        batch.require_revision(key(&session.id), read.revision);
        self.put(batch, &session);
        SessionCookie { id: session.id, secret }
    }

    /// Adds to `batch` that a session, unchanged since it was read, goes on in the person's next epoch: it is the one in
    /// which the person made the change.
    pub fn carry_over(&self, batch: &mut Batch, read: &StoredSession, epoch: Epoch) {
        batch.require_revision(key(&read.value.id), read.revision);
        self.put(batch, &Session { epoch, ..Session::clone(&read.value) });
    }

    /// Adds to `batch` that the session is in use: always on condition that it lives, and once a minute that time itself.
    pub fn touch(&self, batch: &mut Batch, read: &StoredSession) {
        let now = self.clock.now();
        if now.since(read.value.last_seen_at) < ACTIVITY_STEP {
            batch.require_present(key(&read.value.id));
            return;
        }
        let session = Session { last_seen_at: now, ..Session::clone(&read.value) };
        batch.require_revision(key(&session.id), read.revision);
        self.put(batch, &session);
    }

    fn put(&self, batch: &mut Batch, session: &Session) {
        batch.put(key(&session.id), session, Some(self.end_of(session)));
    }

    fn end_of(&self, session: &Session) -> Timestamp {
        let idle = session.last_seen_at.plus(self.lifetimes().idle);
        idle.min(session.created_at.plus(self.lifetimes().absolute))
    }
}
