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
use crate::storage::{Batch, Key, Outcome, Raw, Record, SharedStore, StorageError};

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
    failures: Failures,
}

/// What was known of an account once a try was counted; the same for everybody, whatever the password.
#[derive(Debug, Clone, Copy, Default)]
struct Failures {
    everywhere: u64,
    by_device: u64,
    is_told: bool,
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
        let settings = self.settings.now();
        let limits = &settings.limits;
        let mut counted = CountedTry {
            rates: rates(limits, &source),
            account,
            source,
            at: now,
            pause: limits.password_pause,
            ceiling: limits.password_ceiling,
            failures: Failures::default(),
        };
        let mut outcome = self.store.commit(counted.batch(limits.password_failures, false)).await?;
        if matches!(outcome, Outcome::Refused(place) if place == ALL_PLACE) {
            outcome = self.store.commit(counted.batch(limits.password_failures, true)).await?;
        }
        match outcome {
            Outcome::Done(_) => {
                counted.failures = self.failures(&counted).await?;
                Ok(Ok(counted))
            }
            Outcome::Refused(place) => {
                match place.checked_sub(1).and_then(|place| counted.rates.get(place)) {
                    Some((rate, _)) => Ok(Err(rate.refusal(now))),
                    None => Ok(Err(self.locked(&here(&counted.account, &counted.source), now).await?)),
                }
            }
        }
    }

    async fn failures(&self, counted: &CountedTry) -> Result<Failures, StorageError> {
        let mut keys = vec![everywhere(&counted.account), told(&counted.account)];
        keys.extend(counted.of_device());
        let mut found = self.store.get(&keys).await?.into_iter();
        let number = |raw: Option<Raw>| raw.map_or(Ok(0), |raw| raw.counter());
        let everywhere = number(found.next().flatten())?;
        let is_told = found.next().flatten().is_some();
        Ok(Failures { everywhere, is_told, by_device: number(found.next().flatten())? })
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
        let found = self.store.get_one(key).await?;
        let end = found.and_then(|raw| raw.expires).unwrap_or(now);
        Ok(Throttled::after(end.since(now)))
    }
}

/// Sources whose pause an administrator ends at once; those of further ones end by themselves.
const MOST_FORGOTTEN: usize = 200;

/// A /48 may try as often as so many of its /64.
const SITE: u64 = 5;
/// Where a stranger's batch has the bound on its address class.
const OWN_PLACE: usize = 1;
/// And the one on everybody.
const ALL_PLACE: usize = 2;
/// How long a browser is known, and its failures are counted.
pub const DEVICE_LIFETIME: Duration = Duration::from_secs(180 * 24 * 60 * 60);

/// A known browser is held by its own failures alone, so that strangers at the same address, or everywhere, are not in its way.
fn rates(limits: &Limits, source: &Source) -> Vec<(RateLimit, String)> {
    let Source::Address(class) = source else { return Vec::new() };
    let window = limits.address_window;
    let own = RateLimit { name: "password", bound: limits.address_attempts, window };
    let all = RateLimit { name: "passwords", bound: limits.all_attempts, window };
    let site = RateLimit { name: "site", bound: limits.address_attempts.saturating_mul(SITE), window };
    let own = (own, class.as_str().to_owned());
    let site = class.site().map(|network| (site, network));
    [own, (all, EVERYBODY.to_owned())].into_iter().chain(site).collect()
}

impl CountedTry {
    /// Counts it. Once everybody together has failed too often, only a class that has not failed itself may still try
    /// (`in_flood`): nobody's first try is refused because of others.
    fn batch(&self, failures: u64, in_flood: bool) -> Batch {
        let (now, mut batch) = (self.at, Batch::new());
        let key = here(&self.account, &self.source);
        batch.require_counter_below(key.clone(), failures).add(key, 1, Some(now.plus(self.pause)));
        for (place, (rate, of)) in self.rates.iter().enumerate() {
            let bound = match place + 1 {
                ALL_PLACE if in_flood => u64::MAX,
                OWN_PLACE if in_flood => 1,
                _ => rate.bound,
            };
            RateLimit { bound, ..*rate }.count(of, now, &mut batch);
        }
        self.add_lasting(1, now, &mut batch);
        batch
    }

    /// Whether the account has failed so often over all addresses that a stranger's browser is refused even with the right
    /// password (R-RL-04).
    pub fn is_shut_out(&self) -> bool {
        matches!(self.source, Source::Address(_)) && self.failures.everywhere > self.ceiling
    }

    /// The known browser whose own failures have become too many for it to be known any longer.
    pub fn spent_device(&self) -> Option<&str> {
        match &self.source {
            Source::Device(hash) if self.failures.by_device >= self.ceiling => Some(hash),
            _ => None,
        }
    }

    /// Whether, as this try failed too, somebody is to be told how often the account has failed, and nobody was. Then `batch`
    /// gets the note that somebody is, on condition that nobody else was quicker.
    pub fn tell_of_many_failures(&self, batch: &mut Batch) -> bool {
        let Failures { everywhere, is_told, .. } = self.failures;
        let often = self.account.is_known() && everywhere >= self.ceiling && !is_told;
        if often {
            let key = told(&self.account);
            batch.require_absent(key.clone()).put(key, &Told {}, None);
        }
        often
    }

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
        if let Some(key) = self.of_device() {
            batch.delete(key);
        }
        self.give_rates_back(batch);
    }

    /// The password was never looked at (too busy): gives the try back, nothing else. `now` is the present, from which
    /// on the other tries are kept for the whole pause.
    pub fn give_back(self, now: Timestamp, batch: &mut Batch) {
        let end = now.plus(self.pause);
        batch.add(here(&self.account, &self.source), -1, Some(end));
        self.add_lasting(-1, now, batch);
        self.give_rates_back(batch);
    }

    /// Counts the failures of a known browser for longer than a pause.
    fn of_device(&self) -> Option<Key> {
        let Source::Device(hash) = &self.source else { return None };
        let [kind, id] = self.account.parts();
        Some(Key::new("limit_password_device", &[kind, id, hash]))
    }

    fn give_rates_back(&self, batch: &mut Batch) {
        for (rate, of) in &self.rates {
            rate.give_back(of, self.at, batch);
        }
    }

    /// A person's failures stand until a success; those of a name nobody has must not fill the store (R-ST-07). Those of a known
    /// browser stand as long as it is known.
    fn add_lasting(&self, amount: i64, now: Timestamp, batch: &mut Batch) {
        let end = (!self.account.is_known()).then(|| now.plus(self.pause));
        batch.add(everywhere(&self.account), amount, end);
        if let Some(key) = self.of_device() {
            batch.add(key, amount, Some(now.plus(DEVICE_LIFETIME)));
        }
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
