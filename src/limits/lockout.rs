//! Locks after failures: of a password by account and address class, and of an enrolled factor by itself (R-RL-04).

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{AddressClass, RateLimit, Throttled};
use crate::foundation::ids::{CredentialId, UserId};
use crate::foundation::{Clock, Timestamp};
use crate::storage::{Batch, Key, Outcome, Record, SharedStore, StorageError};

const FIFTEEN_MINUTES: Duration = Duration::from_secs(15 * 60);

/// Whose password is tried: a known person, or a keyed hash of a name nobody has. Both count alike (R-RL-01, R-RL-02).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    /// The person the name resolved to, whatever spelling or mail address was typed.
    Known(UserId),
    /// A keyed hash of the normal form of a name nobody has.
    Unknown(String),
}

impl Account {
    fn parts(&self) -> [&str; 2] {
        match self {
            Self::Known(user) => ["user", user.as_str()],
            Self::Unknown(hash) => ["unknown", hash],
        }
    }
}

/// Locks on passwords: 5 failures lock an account for one address class for 15 minutes after the last.
#[derive(Debug, Clone)]
pub struct PasswordLockout {
    store: SharedStore,
    clock: Arc<dyn Clock>,
    by_address: RateLimit,
}

/// A try that was counted and is not yet decided. Dropping it leaves it counted as a failure.
#[derive(Debug)]
#[must_use = "a counted try is a failure until it is cleared or given back"]
pub struct CountedTry {
    account: Account,
    class: AddressClass,
    at: Timestamp,
    by_address: RateLimit,
}

impl PasswordLockout {
    /// Failures before the lock.
    pub const FAILURES: u64 = 5;

    /// The locks kept in `store`, with `by_address` over all accounts.
    pub fn new(store: SharedStore, clock: Arc<dyn Clock>, by_address: RateLimit) -> Self {
        Self {
            store,
            clock,
            by_address,
        }
    }

    /// Counts a try for `account` from `class` before its password is looked at (R-RL-03), in one commit.
    pub async fn count(
        &self,
        account: Account,
        class: AddressClass,
    ) -> Result<Result<CountedTry, Throttled>, StorageError> {
        let now = self.clock.now();
        let key = password_key(&account, &class);
        let mut batch = Batch::new();
        batch.require_counter_below(key.clone(), Self::FAILURES).add(
            key.clone(),
            1,
            Some(now.plus(FIFTEEN_MINUTES)),
        );
        self.by_address.count(&class, now, &mut batch);
        match self.store.commit(batch).await? {
            Outcome::Done(_) => Ok(Ok(CountedTry {
                account,
                class,
                at: now,
                by_address: self.by_address,
            })),
            Outcome::Refused(0) => Ok(Err(self.locked(&key, now).await?)),
            Outcome::Refused(_) => Ok(Err(self.by_address.refusal(now))),
        }
    }

    async fn locked(&self, key: &Key, now: Timestamp) -> Result<Throttled, StorageError> {
        let found = self.store.get(std::slice::from_ref(key)).await?.pop().flatten();
        let end = found.and_then(|raw| raw.expires).unwrap_or(now);
        Ok(Throttled::after(end.since(now)))
    }
}

impl CountedTry {
    /// The password was right: forgets the account's failures from here and gives the address its try back.
    pub fn succeeded(self, batch: &mut Batch) {
        batch.delete(password_key(&self.account, &self.class));
        self.by_address.give_back(&self.class, self.at, batch);
    }

    /// The password was never looked at (too busy): gives the try back, nothing else.
    pub fn give_back(self, batch: &mut Batch) {
        let end = self.at.plus(FIFTEEN_MINUTES);
        batch.add(password_key(&self.account, &self.class), -1, Some(end));
        self.by_address.give_back(&self.class, self.at, batch);
    }
}

fn password_key(account: &Account, class: &AddressClass) -> Key {
    let [kind, id] = account.parts();
    Key::new("limit_password", &[kind, id, class.as_str()])
}

/// Why an enrolled factor may not be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocked {
    /// For a while.
    Throttled(Throttled),
    /// Until an administrator resets it: 50 failures in a row.
    Disabled,
}

/// Consecutive failures of one enrolled factor. Belongs to the factor: no session, journey or address changes it (R-MF-10).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Failures {
    consecutive: u32,
    blocked_until: Option<Timestamp>,
}

impl Record for Failures {}

/// Locks on enrolled factors: a pause of 1 s after each failure from the 3rd, 15 minutes after each fifth, disabled at 50.
#[derive(Debug, Clone)]
pub struct AuthenticatorLockout {
    store: SharedStore,
    clock: Arc<dyn Clock>,
}

impl AuthenticatorLockout {
    /// Consecutive failures at which a factor is disabled.
    pub const DISABLED_AT: u32 = 50;

    /// The locks kept in `store`.
    pub fn new(store: SharedStore, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Counts a try as a failure before the proof is looked at; [`Self::succeeded`] takes it back.
    /// Of parallel callers only as many get past as the limit allows.
    pub async fn count(&self, credential: &CredentialId) -> Result<Result<(), Blocked>, StorageError> {
        loop {
            let key = authenticator_key(credential);
            let found = self.store.fetch::<Failures>(&key).await?;
            let now = self.clock.now();
            let mut batch = Batch::new();
            let mut failures = match found {
                Some(stored) => {
                    batch.require_revision(key.clone(), stored.revision);
                    stored.value
                }
                None => {
                    batch.require_absent(key.clone());
                    Failures::default()
                }
            };
            if let Some(blocked) = failures.blocked(now) {
                return Ok(Err(blocked));
            }
            failures.add(now);
            batch.put(key, &failures, None);
            if self.store.commit(batch).await?.is_done() {
                return Ok(Ok(()));
            }
        }
    }

    /// Takes back a try whose proof was never looked at, because something of ours was too busy or failed.
    pub async fn give_back(&self, credential: &CredentialId) -> Result<(), StorageError> {
        let key = authenticator_key(credential);
        while let Some(mut stored) = self.store.fetch::<Failures>(&key).await? {
            stored.value.consecutive = stored.value.consecutive.saturating_sub(1);
            stored.value.blocked_until = None;
            let mut batch = Batch::new();
            batch
                .require_revision(key.clone(), stored.revision)
                .put(key.clone(), &stored.value, None);
            if self.store.commit(batch).await?.is_done() {
                break;
            }
        }
        Ok(())
    }

    /// Forgets the failures of `credential`, in the commit that accepts its proof or resets it.
    pub fn succeeded(credential: &CredentialId, batch: &mut Batch) {
        batch.delete(authenticator_key(credential));
    }
}

impl Failures {
    fn blocked(&self, now: Timestamp) -> Option<Blocked> {
        if self.consecutive >= AuthenticatorLockout::DISABLED_AT {
            return Some(Blocked::Disabled);
        }
        let until = self.blocked_until.filter(|until| *until > now)?;
        Some(Blocked::Throttled(Throttled::after(until.since(now))))
    }

    fn add(&mut self, now: Timestamp) {
        self.consecutive = self.consecutive.saturating_add(1);
        self.blocked_until = match self.consecutive {
            0..=2 => None,
            n if n % 5 == 0 => Some(now.plus(FIFTEEN_MINUTES)),
            _ => Some(now.plus(Duration::from_secs(1))),
        };
    }
}

fn authenticator_key(credential: &CredentialId) -> Key {
    Key::new("limit_authenticator", &[credential.as_str()])
}
