//! Setting and checking people's passwords.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::password_workers::{Busy, Cost, Digest, PasswordWorkers, Recipe};
use super::{PasswordRules, Pepper, Prepared, User, UserError};
use crate::foundation::ids::UserId;
use crate::foundation::{Clock, Random, Timestamp, random};
use crate::storage::{Batch, Key, Outcome, Record, SharedStore, StorageError, Stored};

/// A hash of a secret under Argon2id, with all that is needed to make it again, except the pepper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlowHash {
    cost: Cost,
    salt: String,
    hash: String,
}

/// A person's password as stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PasswordRecord {
    secret: SlowHash,
    must_change: bool,
    changed_at: Timestamp,
}

impl Record for PasswordRecord {}

/// That a person's password was checked and was right. Only [`Passwords::verify`] makes one.
#[derive(Debug)]
#[must_use = "a verified password should lead to evidence"]
pub struct Verified {
    user: UserId,
    at: Timestamp,
    must_change: bool,
}

impl Verified {
    /// Whose password it was.
    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// When it was checked.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Whether it must be changed before the person goes on.
    pub fn must_change(&self) -> bool {
        self.must_change
    }
}

/// Everything that hashes: the workers, the pepper, the present cost.
#[derive(Debug)]
pub struct Passwords {
    store: SharedStore,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    workers: PasswordWorkers,
    pepper: Pepper,
    cost: Cost,
}

impl Passwords {
    /// Passwords kept in `store`, hashed by `workers` at the default cost.
    pub fn new(
        store: SharedStore,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        workers: PasswordWorkers,
        pepper: Pepper,
    ) -> Self {
        Self { store, clock, random, workers, pepper, cost: Cost::default() }
    }

    /// Hashes new secrets at `cost`; old ones follow at the next sign-in (R-PW-03).
    pub fn with_cost(mut self, cost: Cost) -> Self {
        self.cost = cost;
        self
    }

    /// The workers, for their figures.
    pub fn workers(&self) -> &PasswordWorkers {
        &self.workers
    }

    /// Hashes `password` for `user` if it keeps the rules, and puts it into `batch`. The caller commits (with the events
    /// and the ended sessions that belong to it). Answers the moment.
    pub async fn set(
        &self,
        user: &User,
        password: &str,
        must_change: bool,
        rules: &PasswordRules,
        batch: &mut Batch,
    ) -> Result<Timestamp, UserError> {
        let prepared = Prepared::new(password)?;
        rules.check(&prepared, &own_names(user))?;
        let secret = self.slow_hash(prepared).await?;
        let record = PasswordRecord { secret, must_change, changed_at: self.clock.now() };
        let at = record.changed_at;
        batch.put(key(&user.id), &record, None);
        Ok(at)
    }

    /// Whether `user` has a password at all.
    pub async fn exists(&self, user: &UserId) -> Result<bool, UserError> {
        Ok(self.store.fetch::<PasswordRecord>(&key(user)).await?.is_some())
    }

    /// Whether `user` has a password that must be changed before going on.
    pub async fn must_change(&self, user: &UserId) -> Result<bool, StorageError> {
        let stored = self.store.fetch::<PasswordRecord>(&key(user)).await?;
        Ok(stored.is_some_and(|stored| stored.value.must_change))
    }

    /// Checks `password` for `user`. Costs one read and one hash whoever is asked for, and nobody, too (R-PW-02).
    pub async fn verify(
        &self,
        user: Option<&UserId>,
        password: &Prepared,
    ) -> Result<Option<Verified>, UserError> {
        let nobody = UserId::from_text("nobody");
        let stored = self.store.fetch::<PasswordRecord>(&key(user.unwrap_or(&nobody))).await?;
        let secret = stored.as_ref().map(|stored| &stored.value.secret);
        let right = self.matches(secret, password.clone()).await?;
        let (Some(user), Some(stored), true) = (user, stored, right) else {
            return Ok(None);
        };
        let must_change = stored.value.must_change;
        self.follow_cost(user, stored, password).await?;
        Ok(Some(Verified { user: user.clone(), at: self.clock.now(), must_change }))
    }

    /// Hashes a secret at the present cost, with a fresh salt.
    pub async fn slow_hash(&self, secret: Prepared) -> Result<SlowHash, Busy> {
        let salt = random::bytes::<16>(self.random.as_ref());
        let hash = self.digest(secret, self.cost, salt).await?;
        Ok(SlowHash {
            cost: self.cost,
            salt: STANDARD_NO_PAD.encode(salt),
            hash: STANDARD_NO_PAD.encode(hash.as_slice()),
        })
    }

    /// Whether `secret` is what `hash` was made of. Without a hash the same work is done, and the answer is no.
    pub async fn matches(&self, hash: Option<&SlowHash>, secret: Prepared) -> Result<bool, Busy> {
        let cost = hash.map_or(self.cost, |hash| hash.cost);
        let salt = hash.and_then(|hash| STANDARD_NO_PAD.decode(&hash.salt).ok());
        let salt = salt.and_then(|salt| <[u8; 16]>::try_from(salt).ok());
        let made = self.digest(secret, cost, salt.unwrap_or([0; 16])).await?;
        let wanted = hash.filter(|_| salt.is_some()).and_then(|hash| STANDARD_NO_PAD.decode(&hash.hash).ok());
        Ok(wanted.is_some_and(|wanted| made.as_slice().ct_eq(&wanted).into()))
    }

    async fn digest(&self, secret: Prepared, cost: Cost, salt: [u8; 16]) -> Result<Digest, Busy> {
        self.workers.hash(secret, Recipe { cost, salt, pepper: self.pepper.share() }).await
    }

    /// Hashes a password anew if the cost has changed since. If the workers are busy, or the record changed, the next
    /// sign-in will do it.
    async fn follow_cost(
        &self,
        user: &UserId,
        stored: Stored<PasswordRecord>,
        password: &Prepared,
    ) -> Result<(), UserError> {
        if stored.value.secret.cost == self.cost {
            return Ok(());
        }
        let Ok(secret) = self.slow_hash(password.clone()).await else {
            return Ok(());
        };
        let record = PasswordRecord { secret, ..stored.value };
        let mut batch = Batch::new();
        batch.require_revision(key(user), stored.revision).put(key(user), &record, None);
        let _refused_means_changed: Outcome = self.store.commit(batch).await?;
        Ok(())
    }
}

fn own_names(user: &User) -> Vec<&str> {
    let profile = &user.profile;
    let names = [&profile.name, &profile.given_name, &profile.family_name, &profile.nickname];
    let mail = profile.mail.as_ref().map(|mail| mail.address.as_str());
    let names = names.into_iter().filter_map(|name| name.as_ref().map(|name| name.as_str()));
    names.chain(mail).chain([user.username.as_str()]).collect()
}

/// Where a person's password stands.
pub fn key(user: &UserId) -> Key {
    Key::new("user_password", &[user.as_str()])
}
