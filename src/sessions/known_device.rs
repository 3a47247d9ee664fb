//! Browsers in which a person signed in before (R-RL-04): when a password has failed very often over all addresses, it is
//! accepted from them only. Such a browser holds a random secret, which proves nothing else and signs nobody in.
//!
//! A browser of an earlier epoch of the person is a stranger's again: whoever signed in with a password that was changed since
//! has no advantage from it.

use serde::{Deserialize, Serialize};

use super::Sessions;
use crate::foundation::Timestamp;
use crate::foundation::ids::UserId;
use crate::foundation::secret::{DeviceSecret, Plain};
use crate::limits::password::DEVICE_LIFETIME;
use crate::storage::{Batch, Key, Record, StorageError};
use crate::users::Epoch;
use crate::web::Cookies;

/// The cookie's name, without its prefix.
pub const NAME: &str = "keyward-device";
/// Browsers known of one person; the oldest gives way.
pub const BROWSERS: usize = 10;
/// More cannot be kept of one person, even if several sign-ins at once each kept one too many.
const MOST_KEPT: usize = 10 * BROWSERS;
/// People of whom one browser keeps a secret; the oldest gives way.
const PEOPLE: usize = 2;

/// What a browser holds: a secret for each of the people who signed in last, the newest first.
#[derive(Debug, Default)]
pub struct DeviceCookie(Vec<Plain<DeviceSecret>>);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Device {
    epoch: Epoch,
    since: Timestamp,
}

impl Record for Device {}

impl DeviceCookie {
    /// Reads the cookie; without one of ours nothing is held.
    pub fn read(cookies: &Cookies) -> Self {
        let secrets = cookies.get(NAME).into_iter().flat_map(|value| value.split('.'));
        Self(secrets.filter_map(Plain::parse).take(PEOPLE).collect())
    }

    /// The cookie's value.
    pub fn value(&self) -> String {
        self.0.iter().map(Plain::expose).collect::<Vec<_>>().join(".")
    }
}

fn key(user: &UserId, hash: &str) -> Key {
    Key::new("known-device", &[user.as_str(), hash])
}

fn devices(user: &UserId) -> Key {
    Key::prefix("known-device", &[user.as_str()])
}

impl Sessions {
    /// The hash of the secret by which the browser with `cookie` is known as one of `user` in this epoch. One read, whoever is
    /// asked for, and nobody, too.
    pub async fn known_device(
        &self,
        cookie: &DeviceCookie,
        user: &UserId,
        epoch: Epoch,
    ) -> Result<Option<String>, StorageError> {
        let hashes: Vec<_> = cookie.0.iter().map(|secret| secret.hash().to_text()).collect();
        let keys: Vec<_> = hashes.iter().map(|hash| key(user, hash)).collect();
        for (hash, found) in hashes.into_iter().zip(self.store.get(&keys).await?) {
            if let Some(raw) = found
                && raw.decode::<Device>()?.value.epoch == epoch
            {
                return Ok(Some(hash));
            }
        }
        Ok(None)
    }

    /// Adds to `batch` that one browser of `user` is a stranger's again, by the hash of its secret.
    pub fn forget_device(batch: &mut Batch, user: &UserId, hash: &str) {
        batch.delete(key(user, hash));
    }

    /// Adds to `batch` that no browser is known as one of `user`.
    pub async fn forget_devices(&self, batch: &mut Batch, user: &UserId) -> Result<(), StorageError> {
        for (key, _) in self.store.scan(&devices(user), None, MOST_KEPT).await? {
            batch.delete(key);
        }
        Ok(())
    }

    /// Adds to `batch` that the browser with `cookie` is known as one of `user` from now on; answers its new cookie, unless it is
    /// known already. The secret is always a fresh one: nobody who held the browser before has it.
    pub async fn remember_device(
        &self,
        batch: &mut Batch,
        cookie: DeviceCookie,
        user: &UserId,
        epoch: Epoch,
    ) -> Result<Option<DeviceCookie>, StorageError> {
        if self.known_device(&cookie, user, epoch).await?.is_some() {
            return Ok(None);
        }
        let mut known = Vec::new();
        for (key, raw) in self.store.scan(&devices(user), None, MOST_KEPT).await? {
            let device = raw.decode::<Device>()?.value;
            known.push((device.epoch == epoch, device.since, key));
        }
        // Those of earlier epochs first, then the oldest.
        known.sort();
        let too_many = known.len().saturating_sub(BROWSERS - 1);
        for (place, (counts, _, key)) in known.into_iter().enumerate() {
            if place < too_many || !counts {
                batch.delete(key);
            }
        }
        let (secret, now) = (Plain::generate(self.random.as_ref()), self.clock.now());
        let device = Device { epoch, since: now };
        batch.put(key(user, &secret.hash().to_text()), &device, Some(now.plus(DEVICE_LIFETIME)));
        let secrets = std::iter::once(secret).chain(cookie.0).take(PEOPLE);
        Ok(Some(DeviceCookie(secrets.collect())))
    }
}
