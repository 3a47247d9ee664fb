//! How a device makes its one-time passwords: by time (TOTP, RFC 6238) or by counting (HOTP, RFC 4226), with which hash, and
//! how many digits.
//!
//! Each code belongs to a number that only rises: the step of time, or the count. HOTP is TOTP with the count in the step's
//! place (RFC 6238 section 4.2), so one generator makes both, and the number of the last accepted code is all that must be kept.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use totp_rs::{Algorithm, Builder, Totp, TotpError};

use super::totp::{DIGITS, PERIOD};
use crate::foundation::Timestamp;

/// Most digits of a code (RFC 4226 section 5.3).
pub const MOST_DIGITS: usize = 8;
/// Steps accepted before and after the present one, for clocks that are not exact.
const WINDOW: u64 = 1;
/// So many counts after the last accepted one are tried: a button may be pressed without typing the code (RFC 4226 section 7.4).
pub const LOOK_AHEAD: u64 = 10;
/// So far from what is expected a device is searched for when it is brought into step again: counts ahead, or seconds either way.
const ASTRAY: u64 = 1_000;
const ASTRAY_SECONDS: u64 = 24 * 60 * 60;

/// The hash within the HMAC (RFC 6238 section 1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hash {
    /// SHA-1, which every device knows.
    #[default]
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// What makes the number of a code rise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Moving {
    /// Time: once in so many seconds.
    Time(u64),
    /// Each press of the button.
    Count,
}

/// How codes are made of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    /// The hash.
    pub hash: Hash,
    /// Digits of a code, 6 to 8.
    pub digits: u8,
    /// What makes it change.
    pub moving: Moving,
}

impl Default for Recipe {
    /// What authenticator apps do: SHA-1, 6 digits, 30 seconds.
    fn default() -> Self {
        Self { hash: Hash::Sha1, digits: DIGITS, moving: Moving::Time(PERIOD) }
    }
}

impl std::fmt::Display for Recipe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = if self.moving == Moving::Count { "HOTP" } else { "TOTP" };
        let hash = match self.hash {
            Hash::Sha1 => "SHA1",
            Hash::Sha256 => "SHA256",
            Hash::Sha512 => "SHA512",
        };
        write!(f, "{kind} {hash}, {} digits", self.digits)?;
        if let Moving::Time(seconds) = self.moving {
            write!(f, ", {seconds} s")?;
        }
        Ok(())
    }
}

/// Where a device stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The number of the last accepted code.
    pub last: u64,
    /// By so many steps its clock is ahead of ours; 0 where it counts.
    pub drift: i64,
}

impl Recipe {
    /// The generator of codes for `secret`; refuses secrets below 128 bits, and digits or periods that no device has.
    pub fn generator(&self, secret: &[u8]) -> Result<Totp, TotpError> {
        let algorithm = match self.hash {
            Hash::Sha1 => Algorithm::SHA1,
            Hash::Sha256 => Algorithm::SHA256,
            Hash::Sha512 => Algorithm::SHA512,
        };
        let builder = Builder::new().with_secret(secret.to_vec()).with_skew(0).with_algorithm(algorithm);
        builder.with_digits(self.digits).with_step_duration(self.seconds()).build()
    }

    /// The number that a code of `now` has by our clock; 0 where the device counts.
    pub fn present(&self, now: Timestamp) -> u64 {
        match self.moving {
            Moving::Time(period) => u64::try_from(now.seconds()).unwrap_or(0) / period.max(1),
            Moving::Count => 0,
        }
    }

    /// The number of `code` where it is good now: of the last steps and the next, or of the next counts, but never of one
    /// that was accepted before. The comparison takes equal time.
    pub fn accepts(&self, totp: &Totp, code: &str, now: Timestamp, standing: Standing) -> Option<u64> {
        let expected = match self.moving {
            Moving::Time(_) => {
                let present = self.present(now).saturating_add_signed(standing.drift);
                present.saturating_sub(WINDOW)..=present.saturating_add(WINDOW)
            }
            Moving::Count => next(standing.last, LOOK_AHEAD),
        };
        expected.filter(|number| *number > standing.last).find(|number| self.is_of(totp, code, *number))
    }

    /// Where a device stands that shows `first` and then `second`, one right after the other, though it went astray: pressed
    /// without need, or with a clock that runs fast or slow (RFC 4226 section 7.4, RFC 6238 section 6).
    pub fn found_again(
        &self,
        totp: &Totp,
        (first, second): (&str, &str),
        now: Timestamp,
        standing: Standing,
    ) -> Option<Standing> {
        let present = self.present(now);
        let astray = match self.moving {
            Moving::Time(period) => {
                let steps = ASTRAY_SECONDS / period.max(1);
                present.saturating_sub(steps)..=present.saturating_add(steps)
            }
            Moving::Count => next(standing.last, ASTRAY),
        };
        let both = |number: &u64| {
            self.is_of(totp, first, *number) && self.is_of(totp, second, number.saturating_add(1))
        };
        let last = astray.filter(|number| *number > standing.last).find(both)?.saturating_add(1);
        let drift = match self.moving {
            Moving::Time(_) => i64::try_from(last).ok()?.checked_sub_unsigned(present)?,
            Moving::Count => 0,
        };
        Some(Standing { last, drift })
    }

    /// The number of a device's code that may be far ahead of the last one: the first of two.
    pub fn far_ahead(&self, totp: &Totp, code: &str, standing: Standing) -> Option<u64> {
        next(standing.last, ASTRAY).find(|number| self.is_of(totp, code, *number))
    }

    /// Where a device stands if all that its clock has shown until `now` is spent; how far one has counted nobody knows.
    pub fn spent_until(&self, now: Timestamp, standing: Standing) -> Standing {
        match self.moving {
            Moving::Time(_) => {
                let present = self.present(now).saturating_add_signed(standing.drift);
                Standing { last: standing.last.max(present), ..standing }
            }
            Moving::Count => standing,
        }
    }

    /// Whether `code` is that of `number`. The comparison takes equal time.
    pub fn is_of(&self, totp: &Totp, code: &str, number: u64) -> bool {
        totp.check(code, number.saturating_mul(self.seconds())).is_some()
    }

    /// Seconds of a step, as the generator counts them.
    fn seconds(&self) -> u64 {
        match self.moving {
            Moving::Time(period) => period,
            Moving::Count => 1,
        }
    }
}

fn next(last: u64, most: u64) -> RangeInclusive<u64> {
    last.saturating_add(1)..=last.saturating_add(most)
}
