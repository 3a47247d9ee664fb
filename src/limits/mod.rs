//! Limits on guessing and asking: how often an address, an account, an enrolled factor or an application may try, and all
//! together.
//!
//! A try is counted before the secret is looked at, and given back on success, so that no number of parallel requests
//! gets past a limit (R-RL-03). All counters are in the store: a restart resets nothing (R-RL-06).
//! A password lock holds for one account *and* one address class, so strangers cannot lock anybody out (R-RL-05).
//!
//! Must not: know passwords, codes or names in clear; unknown names arrive as keyed hashes (R-RL-01).
//! Follows: security requirements R-RL-01 to R-RL-06, R-MF-10.

pub mod application;
pub mod authenticator;
pub mod mail_code;
pub mod password;
pub mod rate;

use std::time::Duration;

pub use crate::foundation::AddressClass;
pub use application::ApplicationLimit;
pub use authenticator::{AuthenticatorLockout, Blocked, CountedProof};
pub use password::{Account, CountedTry, PasswordLockout, Source};
pub use rate::RateLimit;

/// Too many tries: come back later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttled {
    /// How long to wait, at least one second.
    pub retry_after: Duration,
}

impl Throttled {
    /// Wait for this long, and for a second at least.
    pub fn after(wait: Duration) -> Self {
        Self { retry_after: wait.max(Duration::from_secs(1)) }
    }
}
