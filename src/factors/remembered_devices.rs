//! Remembered devices: browsers in which a person, having given the password, need not give the second factor every time. No
//! authenticator: it reaches level `mfa-low` only, and is accepted where policy says so (security requirements 4.7, R-SE-10).
//!
//! The browser holds a random secret that is stored as a hash, bound to person and epoch, and replaced at each use. An old one that
//! is presented again was copied: then the device is forgotten, and the person told. Two tabs at once are no theft, so the secret
//! before is good for a minute more.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::FactorError;
use super::evidence::{Evidence, FactorKind, Occasion};
use crate::audit::{Action, Actor, Outcome, Trail};
use crate::foundation::ids::{CredentialId, UserId};
use crate::foundation::secret::{Hashed, Plain, RememberSecret};
use crate::foundation::{Clock, Random, Timestamp};
use crate::pages::mails::Notice;
use crate::storage::{Batch, Key, Record, SharedStore, StorageError, Stored};
use crate::users::Epoch;
use crate::users::notices::Notices;
use crate::web::Cookies;

/// The cookie's name, without its prefix.
pub const NAME: &str = "keyward-remembered";
/// A device that was not used for so long is forgotten.
pub const IDLE: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// Devices of one person; the one that was not used for longest gives way.
const MOST: usize = 5;
/// More cannot be kept of one person, even if several sign-ins at once each kept one too many.
const MOST_KEPT: usize = 100;
/// For so long the secret before is good: another tab may have sent it.
const OVERLAP: Duration = Duration::from_secs(60);

/// One remembered device, as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Remembered {
    secret: Hashed<RememberSecret>,
    before: Option<Hashed<RememberSecret>>,
    renewed_at: Timestamp,
    since: Timestamp,
    until: Timestamp,
    epoch: Epoch,
    agent: Option<String>,
}

impl Record for Remembered {}

impl Remembered {
    fn expires(&self) -> Timestamp {
        self.until.min(self.renewed_at.plus(IDLE))
    }
}

/// What a browser holds.
#[derive(Debug)]
pub struct RememberCookie {
    id: CredentialId,
    secret: Plain<RememberSecret>,
}

impl RememberCookie {
    /// Reads the cookie.
    pub fn read(cookies: &Cookies) -> Option<Self> {
        let (id, secret) = cookies.get(NAME)?.split_once('.')?;
        Some(Self { id: CredentialId::from_text(id), secret: Plain::parse(secret)? })
    }

    /// The cookie's value.
    pub fn value(&self) -> String {
        format!("{}.{}", self.id, self.secret.expose())
    }
}

/// A remembered device, as it may be shown to its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RememberedDevice {
    /// Which one.
    pub id: CredentialId,
    /// What the browser says that it is.
    pub agent: Option<String>,
    /// Since when it is remembered.
    pub since: Timestamp,
    /// When it was used last.
    pub used_at: Timestamp,
}

/// The remembered devices of everybody.
#[derive(Debug, Clone)]
pub struct RememberedDevices {
    store: SharedStore,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    trail: Trail,
    notices: Notices,
}

fn key(user: &UserId, id: &CredentialId) -> Key {
    Key::new("remembered_device", &[user.as_str(), id.as_str()])
}

impl RememberedDevices {
    /// Devices kept in `store`; what was stolen is told by `notices`.
    pub fn new(
        store: SharedStore,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        trail: Trail,
        notices: Notices,
    ) -> Self {
        Self { store, clock, random, trail, notices }
    }

    /// Adds to `batch` that the browser with `cookie` is recognised as the person's of `occasion` in this `epoch`, if it was
    /// remembered at most `most` ago: the proof, and the browser's next cookie, if it gets another one.
    pub async fn recognise(
        &self,
        batch: &mut Batch,
        occasion: &Occasion,
        cookie: &RememberCookie,
        epoch: Epoch,
        most: Duration,
    ) -> Result<Option<(Evidence, Option<RememberCookie>)>, FactorError> {
        let (key, now) = (key(&occasion.user, &cookie.id), self.clock.now());
        let Some(Stored { mut value, revision, .. }) = self.store.fetch::<Remembered>(&key).await? else {
            return Ok(None);
        };
        if value.epoch != epoch || now.since(value.since) > most {
            return Ok(None);
        }
        let held = cookie.secret.hash();
        let evidence = || Evidence::new(FactorKind::RememberedDevice, Some(cookie.id.clone()), now, occasion);
        if value.secret == held {
            let secret = Plain::generate(self.random.as_ref());
            value.before = Some(std::mem::replace(&mut value.secret, secret.hash()));
            value.renewed_at = now;
            let expires = value.expires();
            batch.require_revision(key.clone(), revision).put(key, &value, Some(expires));
            let event = self.trail.event(Action::FactorCheck, Outcome::Success, &occasion.origin);
            let event = event.about(&occasion.user).credential(&cookie.id);
            event.because(FactorKind::RememberedDevice.word()).write(batch);
            return Ok(Some((evidence(), Some(RememberCookie { id: cookie.id.clone(), secret }))));
        }
        if value.before.as_ref() == Some(&held) && now.since(value.renewed_at) <= OVERLAP {
            return Ok(Some((evidence(), None)));
        }
        self.forget_stolen(occasion, &cookie.id).await?;
        Ok(None)
    }

    /// Somebody has a copy of an old secret: nobody can tell who is the owner, so the device is nobody's.
    async fn forget_stolen(&self, occasion: &Occasion, id: &CredentialId) -> Result<(), FactorError> {
        let mut batch = Batch::new();
        batch.delete(key(&occasion.user, id));
        let event = self.trail.event(Action::Reuse, Outcome::Failure, &occasion.origin);
        let event = event.about(&occasion.user).credential(id);
        event.because(FactorKind::RememberedDevice.word()).write(&mut batch);
        self.notices.tell(&mut batch, &occasion.user, Notice::DeviceCopied, &occasion.origin).await?;
        self.store.commit(batch).await?;
        Ok(())
    }

    /// Adds to `batch` that the browser is remembered from now on as the person's of `occasion`, for `most` at most. `held` is what
    /// it holds by now.
    pub async fn remember(
        &self,
        batch: &mut Batch,
        occasion: &Occasion,
        held: Option<&RememberCookie>,
        epoch: Epoch,
        most: Duration,
    ) -> Result<RememberCookie, StorageError> {
        let user = &occasion.user;
        let mut known = self.records(user).await?;
        known.retain(|(id, device)| {
            let counts = device.epoch == epoch && held.is_none_or(|held| held.id != *id);
            if !counts {
                batch.delete(key(user, id));
            }
            counts
        });
        known.sort_by_key(|(_, device)| device.renewed_at);
        for (id, _) in known.iter().take(known.len().saturating_sub(MOST - 1)) {
            batch.delete(key(user, id));
        }
        let (id, secret) =
            (CredentialId::generate(self.random.as_ref()), Plain::generate(self.random.as_ref()));
        let now = self.clock.now();
        let agent = occasion.origin.user_agent().map(str::to_owned);
        let device = Remembered {
            secret: secret.hash(),
            before: None,
            renewed_at: now,
            since: now,
            until: now.plus(most),
            epoch,
            agent,
        };
        batch.put(key(user, &id), &device, Some(device.expires()));
        let event = self.trail.event(Action::DeviceRemembered, Outcome::Success, &occasion.origin);
        event.by(Actor::User(user.clone())).about(user).credential(&id).write(batch);
        Ok(RememberCookie { id, secret })
    }

    /// The devices remembered of `user` in this `epoch`, the one used last first.
    pub async fn of_user(&self, user: &UserId, epoch: Epoch) -> Result<Vec<RememberedDevice>, StorageError> {
        let mut known = self.records(user).await?;
        known.retain(|(_, device)| device.epoch == epoch);
        known.sort_by_key(|(_, device)| std::cmp::Reverse(device.renewed_at));
        let shown = |(id, device): (CredentialId, Remembered)| RememberedDevice {
            id,
            agent: device.agent,
            since: device.since,
            used_at: device.renewed_at,
        };
        Ok(known.into_iter().map(shown).collect())
    }

    /// Adds to `batch` that a device of `user` is forgotten.
    pub fn forget(&self, batch: &mut Batch, occasion: &Occasion, id: &CredentialId) {
        batch.delete(key(&occasion.user, id));
        let event = self.trail.event(Action::DeviceForgotten, Outcome::Success, &occasion.origin);
        let event = event.by(Actor::User(occasion.user.clone())).about(&occasion.user);
        event.credential(id).write(batch);
    }

    async fn records(&self, user: &UserId) -> Result<Vec<(CredentialId, Remembered)>, StorageError> {
        let prefix = Key::prefix("remembered_device", &[user.as_str()]);
        let found = self.store.scan(&prefix, None, MOST_KEPT).await?;
        let read = |(key, raw): (Key, crate::storage::Raw)| {
            Ok((CredentialId::from_text(key.last_part()), raw.decode::<Remembered>()?.value))
        };
        found.into_iter().map(read).collect()
    }
}
