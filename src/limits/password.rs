//! Locks on passwords after failures, by account and address class (R-RL-04, R-RL-05).

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{AddressClass, RateLimit, Throttled};
use crate::config::Live;
use crate::foundation::ids::UserId;
use crate::foundation::{Clock, Timestamp};
use crate::storage::{Batch, Key, Outcome, Record, SharedStore, StorageError};

/// Whose password is tried: a known person, or a keyed hash of a name nobody has. Both count alike (R-RL-01, R-RL-02).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    /// The person the name resolved to, whatever spelling or mail address was typed.
    Known(UserId),
    /// A keyed hash of the normal form of a name nobody has.
    Unknown(String),
}

impl Account {
    fn is_known(&self) -> bool {
        matches!(self, Self::Known(_))
    }

    fn parts(&self) -> [&str; 2] {
        match self {
            Self::Known(user) => ["user", user.as_str()],
            Self::Unknown(hash) => ["unknown", hash],
        }
    }
}

/// Locks on passwords: a number of failures locks an account for one address class, for a while after the last.
#[derive(Debug, Clone)]
pub struct PasswordLockout {
    store: SharedStore,
    clock: Arc<dyn Clock>,
    settings: Live,
}

/// A try that was counted and is not yet decided. Dropping it leaves it counted as a failure.
#[derive(Debug)]
#[must_use = "a counted try is a failure until it is cleared or given back"]
pub struct CountedTry {
    account: Account,
    class: AddressClass,
    at: Timestamp,
    pause: Duration,
    by_address: RateLimit,
}

/// That it was told once how often an account's password failed.
#[derive(Debug, Serialize, Deserialize)]
struct Told {}

impl Record for Told {}

impl PasswordLockout {
    /// Failures over all addresses without a success between, from which on somebody should look (R-RL-04).
    pub const MANY: u64 = 50;

    /// The locks kept in `store`, as strict as `limits` says.
    pub fn new(store: SharedStore, clock: Arc<dyn Clock>, limits: impl Into<Live>) -> Self {
        Self { store, clock, settings: limits.into() }
    }

    /// Counts a try for `account` from `class` before its password is looked at (R-RL-03), in one commit: for this class,
    /// over all addresses, and for the class over all accounts.
    pub async fn count(
        &self,
        account: Account,
        class: AddressClass,
    ) -> Result<Result<CountedTry, Throttled>, StorageError> {
        let now = self.clock.now();
        let limits = &self.settings.now().limits;
        let (failures, pause) = (limits.password_failures, limits.password_pause);
        let by_address =
            RateLimit { name: "password", bound: limits.address_attempts, window: limits.address_window };
        let key = here(&account, &class);
        let mut batch = Batch::new();
        batch.require_counter_below(key.clone(), failures).add(key.clone(), 1, Some(now.plus(pause)));
        by_address.count(&class, now, &mut batch);
        let counted = CountedTry { account, class, at: now, pause, by_address };
        counted.add_everywhere(1, now, &mut batch);
        match self.store.commit(batch).await? {
            Outcome::Done(_) => Ok(Ok(counted)),
            Outcome::Refused(0) => Ok(Err(self.locked(&key, now).await?)),
            Outcome::Refused(_) => Ok(Err(by_address.refusal(now))),
        }
    }

    /// Whether the password of this account has now failed [`Self::MANY`] times over all addresses and nobody was told.
    /// Then `batch` gets the note that somebody is, on condition that nobody else was quicker. Nothing is locked: a
    /// stranger could lock anybody out.
    pub async fn failed_often(&self, counted: &CountedTry, batch: &mut Batch) -> Result<bool, StorageError> {
        let keys = [everywhere(&counted.account), told(&counted.account)];
        let mut found = self.store.get(&keys).await?.into_iter();
        let failures = found.next().flatten().map_or(Ok(0), |raw| raw.counter())?;
        let is_told = found.next().flatten().is_some();
        let often = counted.account.is_known() && failures >= Self::MANY && !is_told;
        if often {
            let key = told(&counted.account);
            batch.require_absent(key.clone()).put(key, &Told {}, None);
        }
        Ok(often)
    }

    async fn locked(&self, key: &Key, now: Timestamp) -> Result<Throttled, StorageError> {
        let found = self.store.get(std::slice::from_ref(key)).await?.pop().flatten();
        let end = found.and_then(|raw| raw.expires).unwrap_or(now);
        Ok(Throttled::after(end.since(now)))
    }
}

impl CountedTry {
    /// The password was right: forgets the account's failures from here and over all addresses, and gives the address
    /// its try back.
    pub fn succeeded(self, batch: &mut Batch) {
        batch
            .delete(here(&self.account, &self.class))
            .delete(everywhere(&self.account))
            .delete(told(&self.account));
        self.by_address.give_back(&self.class, self.at, batch);
    }

    /// The password was never looked at (too busy): gives the try back, nothing else. `now` is the present, from which
    /// on the other tries are kept for the whole pause.
    pub fn give_back(self, now: Timestamp, batch: &mut Batch) {
        let end = now.plus(self.pause);
        batch.add(here(&self.account, &self.class), -1, Some(end));
        self.add_everywhere(-1, now, batch);
        self.by_address.give_back(&self.class, self.at, batch);
    }

    /// A person's failures stand until a success; those of a name nobody has must not fill the store (R-ST-07).
    fn add_everywhere(&self, amount: i64, now: Timestamp, batch: &mut Batch) {
        let end = (!self.account.is_known()).then(|| now.plus(self.pause));
        batch.add(everywhere(&self.account), amount, end);
    }
}

fn here(account: &Account, class: &AddressClass) -> Key {
    let [kind, id] = account.parts();
    Key::new("limit_password", &[kind, id, class.as_str()])
}

fn everywhere(account: &Account) -> Key {
    Key::new("limit_password_everywhere", &account.parts())
}

fn told(account: &Account) -> Key {
    Key::new("limit_password_told", &account.parts())
}
