//! How many one-time codes are sent by mail (R-RL-07): five an hour and ten a day to one person, twenty an hour for one network.

use std::time::Duration;

use super::{AddressClass, RateLimit, Throttled};
use crate::foundation::Timestamp;
use crate::foundation::ids::UserId;
use crate::storage::{Batch, Outcome};

const HOUR: Duration = Duration::from_secs(60 * 60);
const AN_HOUR: RateLimit = RateLimit { name: "mail-code-hour", bound: 5, window: HOUR };
const A_DAY: RateLimit =
    RateLimit { name: "mail-code-day", bound: 10, window: Duration::from_secs(24 * 60 * 60) };
const FROM_ONE_NETWORK: RateLimit = RateLimit { name: "mail-code-network", bound: 20, window: HOUR };

/// Begins a batch that counts one code for `user`, asked for from `network`: it is refused at a bound.
pub fn count(user: &UserId, network: &AddressClass, now: Timestamp) -> Batch {
    let mut batch = Batch::new();
    AN_HOUR.count(user.as_str(), now, &mut batch);
    A_DAY.count(user.as_str(), now, &mut batch);
    FROM_ONE_NETWORK.count(network.as_str(), now, &mut batch);
    batch
}

/// Whether `outcome`, of a batch that [`count`] began, was a refusal because of a bound.
pub fn refusal(outcome: Outcome, now: Timestamp) -> Option<Throttled> {
    let Outcome::Refused(place) = outcome else { return None };
    [AN_HOUR, A_DAY, FROM_ONE_NETWORK].get(place).map(|limit| limit.refusal(now))
}
