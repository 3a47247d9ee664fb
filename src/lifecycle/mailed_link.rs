//! One-time links that are mailed because a person asked for something: a new password, a new mail address, or the former one back.
//! They are good once and for a while. Of those for a password and for an address only the newest of a person counts, and a change
//! of what was proved (the epoch) voids it, a lock too (R-RC-03); the way back to a former address survives that (R-PO-01).

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::foundation::ids::UserId;
use crate::foundation::secret::{BrowserSecret, Hashed, MailedLink, Plain};
use crate::foundation::{Clock, Random, Timestamp};
use crate::storage::{Batch, Key, Record, Revision, SharedStore, StorageError};
use crate::users::profile::{Mail, MailAddress};
use crate::users::{Epoch, User};

/// No person has more ways back at once: changes of the address are limited.
const MOST_WAYS_BACK: usize = 100;

/// What a link permits, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Errand {
    /// Choosing a new password, in the browser that asked.
    Password {
        /// That browser.
        browser: Hashed<BrowserSecret>,
    },
    /// Having this mail address.
    NewAddress(MailAddress),
    /// Having the former mail address again.
    FormerAddress(Mail),
}

impl Errand {
    fn word(&self) -> &'static str {
        match self {
            Self::Password { .. } => "password",
            Self::NewAddress(_) => "new-address",
            Self::FormerAddress(_) => FORMER,
        }
    }

    /// How long its link is good.
    pub fn lifetime(&self) -> Duration {
        match self {
            Self::Password { .. } => Duration::from_secs(30 * 60),
            Self::NewAddress(_) => Duration::from_secs(24 * 60 * 60),
            Self::FormerAddress(_) => Duration::from_secs(72 * 60 * 60),
        }
    }
}

const FORMER: &str = "former-address";

#[derive(Debug, Clone, Serialize, Deserialize)]
struct LinkRecord {
    user: UserId,
    errand: Errand,
    epoch: Epoch,
    made_at: Timestamp,
}

impl Record for LinkRecord {}

/// That a link counts: the newest of its kind, or one of several ways back.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Counting {
    link: Hashed<MailedLink>,
}

impl Record for Counting {}

fn key(link: &Hashed<MailedLink>) -> Key {
    Key::new("mailed_link", &[&link.to_text()])
}

fn counting_key(user: &UserId, errand: &Errand, link: &Hashed<MailedLink>) -> Key {
    let text = link.to_text();
    let place = if matches!(errand, Errand::FormerAddress(_)) { text.as_str() } else { "newest" };
    Key::new("user_mailed_link", &[user.as_str(), errand.word(), place])
}

/// A link that is good now.
#[derive(Debug, Clone)]
pub struct Good {
    /// Whose.
    pub user: UserId,
    /// For what.
    pub errand: Errand,
    made_at: Timestamp,
    link: Hashed<MailedLink>,
    revisions: (Revision, Revision),
}

/// The links' collaborators.
#[derive(Debug, Clone)]
pub struct MailedLinks {
    store: SharedStore,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl MailedLinks {
    /// Built once, by the composition root.
    pub fn new(store: SharedStore, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { store, clock, random }
    }

    /// Adds to `batch` a fresh link for `user`, good until the moment that is answered too.
    pub fn issue(&self, batch: &mut Batch, user: &User, errand: Errand) -> (Plain<MailedLink>, Timestamp) {
        let (link, now) = (Plain::generate(self.random.as_ref()), self.clock.now());
        let until = now.plus(errand.lifetime());
        let counting = counting_key(&user.id, &errand, &link.hash());
        let record = LinkRecord { user: user.id.clone(), errand, epoch: user.epoch, made_at: now };
        batch.put(key(&link.hash()), &record, Some(until));
        batch.put(counting, &Counting { link: link.hash() }, Some(until));
        (link, until)
    }

    /// What `link` permits, if it is good.
    pub async fn find(&self, link: &Plain<MailedLink>) -> Result<Option<Good>, StorageError> {
        let link = link.hash();
        let Some(found) = self.store.fetch::<LinkRecord>(&key(&link)).await? else { return Ok(None) };
        let LinkRecord { user, errand, epoch, made_at } = found.value;
        let place = counting_key(&user, &errand, &link);
        let Some(counting) = self.store.fetch::<Counting>(&place).await? else { return Ok(None) };
        if counting.value.link != link {
            return Ok(None);
        }
        if !matches!(errand, Errand::FormerAddress(_)) {
            let present = crate::users::epoch::present(&self.store, &user).await?;
            if present.user().is_none() || present.number != epoch {
                return Ok(None);
            }
        }
        Ok(Some(Good { user, errand, made_at, link, revisions: (found.revision, counting.revision) }))
    }

    /// Adds to `batch` that the link is used, on condition that it was not before and still counts.
    pub fn burn(&self, batch: &mut Batch, good: &Good) {
        let (key, place) = (key(&good.link), counting_key(&good.user, &good.errand, &good.link));
        batch
            .require_revision(key.clone(), good.revisions.0)
            .require_revision(place.clone(), good.revisions.1);
        batch.delete(key).delete(place);
    }

    /// Adds to `batch` that no way back counts that was made after `good`: whoever had the address since has no say.
    pub async fn burn_later(&self, batch: &mut Batch, good: &Good) -> Result<(), StorageError> {
        let prefix = Key::prefix("user_mailed_link", &[good.user.as_str(), FORMER]);
        for (place, raw) in self.store.scan(&prefix, None, MOST_WAYS_BACK).await? {
            let link = raw.decode::<Counting>()?.value.link;
            let made = self.store.fetch::<LinkRecord>(&key(&link)).await?;
            if link != good.link && made.is_none_or(|made| made.value.made_at >= good.made_at) {
                batch.delete(key(&link)).delete(place);
            }
        }
        Ok(())
    }

    /// The address that waits to be confirmed by `user`.
    pub async fn awaited_address(&self, user: &UserId) -> Result<Option<MailAddress>, StorageError> {
        let place = Key::new("user_mailed_link", &[user.as_str(), "new-address", "newest"]);
        let Some(newest) = self.store.fetch::<Counting>(&place).await? else { return Ok(None) };
        let found = self.store.fetch::<LinkRecord>(&key(&newest.value.link)).await?.map(|found| found.value);
        let present = crate::users::epoch::present(&self.store, user).await?.number;
        Ok(found.filter(|link| link.epoch == present).and_then(|link| match link.errand {
            Errand::NewAddress(address) => Some(address),
            _ => None,
        }))
    }
}
