//! Locks on passwords after failures, by account and source: an address class, or a browser of an earlier success
//! (R-RL-04, R-RL-05).

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::rate::EVERYBODY;
use super::{AddressClass, RateLimit, Throttled};
use crate::config::Live;
use crate::config::limits::Limits;
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

/// Whence a password is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A stranger's browser, by its address.
    Address(AddressClass),
    /// A browser in which this very person signed in before, by the hash of its secret.
    Device(String),
}

impl Source {
    fn text(&self) -> String {
        match self {
            Self::Address(class) => class.as_str().to_owned(),
            Self::Device(hash) => format!("device {hash}"),
        }
    }
}

/// Locks on passwords: a number of failures locks an account for one source, for a while after the last; very many over all
/// addresses lock it for strangers' browsers until a success or an administrator (R-RL-04).
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
    source: Source,
    at: Timestamp,
    pause: Duration,
    ceiling: u64,
    rates: Vec<(RateLimit, String)>,
}

/// That it was told once how often an account's password failed.
#[derive(Debug, Serialize, Deserialize)]
struct Told {}

impl Record for Told {}

impl PasswordLockout {
    /// The locks kept in `store`, as strict as `limits` says.
    pub fn new(store: SharedStore, clock: Arc<dyn Clock>, limits: impl Into<Live>) -> Self {
        Self { store, clock, settings: limits.into() }
    }

    /// Counts a try for `account` from `source` before its password is looked at (R-RL-03), in one commit: for this source,
    /// over all of them, and, for strangers, for the address and for everybody over all accounts.
    pub async fn count(
        &self,
        account: Account,
        source: Source,
    ) -> Result<Result<CountedTry, Throttled>, StorageError> {
        let now = self.clock.now();
        let limits = &self.settings.now().limits;
        let (failures, pause) = (limits.password_failures, limits.password_pause);
        let rates = rates(limits, &source);
        let key = here(&account, &source);
        let mut batch = Batch::new();
        batch.require_counter_below(key.clone(), failures).add(key.clone(), 1, Some(now.plus(pause)));
        for (rate, of) in &rates {
            rate.count(of, now, &mut batch);
        }
        let counted = CountedTry { account, source, at: now, pause, ceiling: limits.password_ceiling, rates };
        counted.add_everywhere(1, now, &mut batch);
        match self.store.commit(batch).await? {
            Outcome::Done(_) => Ok(Ok(counted)),
            Outcome::Refused(place) => {
                let rate = place.checked_sub(1).and_then(|place| counted.rates.get(place));
                match rate {
                    Some((rate, _)) => Ok(Err(rate.refusal(now))),
                    None => Ok(Err(self.locked(&key, now).await?)),
                }
            }
        }
    }

    /// Whether the password of this account has now failed so often over all addresses that strangers' browsers are locked
    /// out, and nobody was told. Then `batch` gets the note that somebody is, on condition that nobody else was quicker.
    pub async fn failed_often(&self, counted: &CountedTry, batch: &mut Batch) -> Result<bool, StorageError> {
        let keys = [everywhere(&counted.account), told(&counted.account)];
        let mut found = self.store.get(&keys).await?.into_iter();
        let failures = found.next().flatten().map_or(Ok(0), |raw| raw.counter())?;
        let is_told = found.next().flatten().is_some();
        let often = counted.account.is_known() && failures >= counted.ceiling && !is_told;
        if often {
            let key = told(&counted.account);
            batch.require_absent(key.clone()).put(key, &Told {}, None);
        }
        Ok(often)
    }

    /// Adds to `batch` that an administrator forgets the failures of `user`, from everywhere.
    pub async fn forget(&self, user: &UserId, batch: &mut Batch) -> Result<(), StorageError> {
        let account = Account::Known(user.clone());
        let own = Key::prefix("limit_password", &account.parts());
        for (key, _) in self.store.scan(&own, None, MOST_FORGOTTEN).await? {
            batch.delete(key);
        }
        batch.delete(everywhere(&account)).delete(told(&account));
        Ok(())
    }

    async fn locked(&self, key: &Key, now: Timestamp) -> Result<Throttled, StorageError> {
        let found = self.store.get(std::slice::from_ref(key)).await?.pop().flatten();
        let end = found.and_then(|raw| raw.expires).unwrap_or(now);
        Ok(Throttled::after(end.since(now)))
    }
}

/// Sources whose pause an administrator ends at once; those of further ones end by themselves.
const MOST_FORGOTTEN: usize = 200;

/// A known browser is held by its own failures alone, so that strangers at the same address, or everywhere, are not in its way.
fn rates(limits: &Limits, source: &Source) -> Vec<(RateLimit, String)> {
    let Source::Address(class) = source else { return Vec::new() };
    let window = limits.address_window;
    let own = RateLimit { name: "password", bound: limits.address_attempts, window };
    let all = RateLimit { name: "passwords", bound: limits.all_attempts, window };
    vec![(own, class.as_str().to_owned()), (all, EVERYBODY.to_owned())]
}

impl CountedTry {
    /// The password was right: forgets the account's failures from here and over all sources, and gives the address its try
    /// back. After too many failures over all addresses this holds for known browsers only: of strangers' the batch is
    /// refused then (R-RL-04).
    pub fn succeeded(&self, batch: &mut Batch) {
        let everywhere = everywhere(&self.account);
        if matches!(self.source, Source::Address(_)) {
            // This try is counted already.
            batch.require_counter_below(everywhere.clone(), self.ceiling.saturating_add(1));
        }
        batch.delete(here(&self.account, &self.source)).delete(everywhere).delete(told(&self.account));
        self.give_rates_back(batch);
    }

    /// The password was never looked at (too busy): gives the try back, nothing else. `now` is the present, from which
    /// on the other tries are kept for the whole pause.
    pub fn give_back(self, now: Timestamp, batch: &mut Batch) {
        let end = now.plus(self.pause);
        batch.add(here(&self.account, &self.source), -1, Some(end));
        self.add_everywhere(-1, now, batch);
        self.give_rates_back(batch);
    }

    fn give_rates_back(&self, batch: &mut Batch) {
        for (rate, of) in &self.rates {
            rate.give_back(of, self.at, batch);
        }
    }

    /// A person's failures stand until a success; those of a name nobody has must not fill the store (R-ST-07).
    fn add_everywhere(&self, amount: i64, now: Timestamp, batch: &mut Batch) {
        let end = (!self.account.is_known()).then(|| now.plus(self.pause));
        batch.add(everywhere(&self.account), amount, end);
    }
}

fn here(account: &Account, source: &Source) -> Key {
    let [kind, id] = account.parts();
    Key::new("limit_password", &[kind, id, &source.text()])
}

fn everywhere(account: &Account) -> Key {
    Key::new("limit_password_everywhere", &account.parts())
}

fn told(account: &Account) -> Key {
    Key::new("limit_password_told", &account.parts())
}
