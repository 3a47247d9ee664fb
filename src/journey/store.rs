//! Where journeys stand: `journey/<id>`, and `browser/<hash>` with the ids of one browser's journeys.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Journeys;
use super::stage::Journey;
use super::start::browser;
use crate::foundation::ids::JourneyId;
use crate::foundation::secret::{BrowserSecret, Hashed};
use crate::limits::{AddressClass, RateLimit};
use crate::storage::{Batch, Key, Outcome, Record, SharedStore, StorageError, Stored};
use crate::web::Visitor;

/// How long a journey may take (R-AZ-17).
pub const LIFETIME: Duration = Duration::from_secs(15 * 60);
/// How many journeys one browser may have open; the oldest gives way.
const MOST_PER_BROWSER: usize = 10;
/// How many an address may begin: bounds what strangers can make us store (R-ST-07).
const BY_ADDRESS: RateLimit =
    RateLimit { name: "journey", bound: 3000, window: Duration::from_secs(15 * 60) };

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct BrowserJourneys {
    open: Vec<JourneyId>,
}

impl Record for BrowserJourneys {}

fn key(id: &JourneyId) -> Key {
    Key::new("journey", &[id.as_str()])
}

fn browser_key(browser: &Hashed<BrowserSecret>) -> Key {
    Key::new("browser", &[&browser.to_text()])
}

/// What became of a new journey.
pub(super) enum Opened {
    /// It stands.
    Yes,
    /// The address began too many.
    TooMany,
}

impl Journeys {
    /// The journey with this id, if it is bound to this browser.
    pub(super) async fn find(
        &self,
        id: &JourneyId,
        browser: &Hashed<BrowserSecret>,
    ) -> Result<Option<Stored<Journey>>, StorageError> {
        let found = self.store.fetch::<Journey>(&key(id)).await?;
        Ok(found.filter(|journey| journey.value.browser == *browser))
    }

    /// Stores a new journey with the caller's batch; drops the browser's oldest above ten. The caller's conditions must
    /// hold, else it is refused like a limit.
    pub(super) async fn open(
        &self,
        journey: &Journey,
        class: &AddressClass,
        with: &Batch,
    ) -> Result<Opened, StorageError> {
        loop {
            let mut batch = Batch::new();
            BY_ADDRESS.count(class.as_str(), journey.started_at, &mut batch);
            batch.append(with.clone());
            let conditions = self.add_to_browser(&mut batch, journey).await?;
            match self.store.commit(batch).await? {
                Outcome::Done(_) => return Ok(Opened::Yes),
                Outcome::Refused(place) if place < conditions => return Ok(Opened::TooMany),
                // Another tab of this browser began a journey at the same moment: read its list again.
                Outcome::Refused(_) => {}
            }
        }
    }

    /// Answers how many conditions stood before the browser's own.
    async fn add_to_browser(&self, batch: &mut Batch, journey: &Journey) -> Result<usize, StorageError> {
        let conditions = batch.conditions();
        let place = browser_key(&journey.browser);
        let until = Some(journey.started_at.plus(LIFETIME));
        let read = self.store.fetch::<BrowserJourneys>(&place).await?;
        match &read {
            Some(read) => batch.require_revision(place.clone(), read.revision),
            None => batch.require_absent(place.clone()),
        };
        let mut open = read.map(|read| read.value.open).unwrap_or_default();
        open.push(journey.id.clone());
        while open.len() > MOST_PER_BROWSER {
            batch.delete(key(&open.remove(0)));
        }
        batch.put(place, &BrowserJourneys { open }, until);
        batch.put(key(&journey.id), journey, until);
        Ok(conditions)
    }

    /// Adds to `batch` the journey as it is now, on condition that it is unchanged since `read`.
    pub(super) fn put(&self, batch: &mut Batch, read: &Stored<Journey>, journey: &Journey) {
        batch.require_revision(key(&journey.id), read.revision);
        batch.put(key(&journey.id), journey, Some(journey.started_at.plus(LIFETIME)));
    }

    /// Adds to `batch` the end of the browser's journeys in which somebody is known: what was proved in them, or before in the
    /// session that ends now, must not sign anybody in later (R-AZ-17).
    pub async fn forget(&self, batch: &mut Batch, visitor: &Visitor) -> Result<(), StorageError> {
        let Some(browser) = browser(visitor) else { return Ok(()) };
        let open = self.store.fetch::<BrowserJourneys>(&browser_key(&browser.hash())).await?;
        let keys: Vec<_> = open.map(|read| read.value.open).unwrap_or_default().iter().map(key).collect();
        for raw in self.store.get(&keys).await?.into_iter().flatten() {
            let journey = raw.decode::<Journey>()?.value;
            if journey.user().is_some() || journey.concerned.is_some() {
                batch.delete(key(&journey.id));
            }
        }
        Ok(())
    }

    /// Adds to `batch` the end of a journey whose errand is done, on condition that it was not taken up before.
    pub fn take(&self, batch: &mut Batch, read: &Stored<Journey>) {
        batch.require_revision(key(&read.value.id), read.revision);
        batch.delete(key(&read.value.id));
    }
}

/// So many journeys may stand open in all before the oldest in which nobody is known give way (R-ST-07).
pub const MOST_IN_ALL: usize = 50_000;
/// Journeys read, or removed, at a time.
const PORTION: usize = 400;

/// Removes the oldest journeys in which nobody is known, as many as there are above `most`; answers how many. Strangers from
/// however many addresses can thus not fill the store, nor drive out anybody who has begun to sign in.
pub async fn evict(store: &SharedStore, most: usize) -> Result<usize, StorageError> {
    let (mut all, mut anonymous, mut after) = (0, Vec::new(), None);
    loop {
        let page = store.scan(&Key::prefix("journey", &[]), after.as_ref(), PORTION).await?;
        all += page.len();
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        for (key, raw) in page {
            let read = raw.decode::<Journey>()?;
            if read.value.user().is_none() && read.value.concerned.is_none() {
                anonymous.push((read.value.started_at, read.revision, key));
            }
        }
    }
    anonymous.sort_by_key(|(started_at, revision, _)| (*started_at, *revision));
    anonymous.truncate(all.saturating_sub(most));
    for some in anonymous.chunks(PORTION) {
        let mut batch = Batch::new();
        for (_, _, key) in some {
            batch.delete(key.clone());
        }
        store.commit(batch).await?;
    }
    Ok(anonymous.len())
}
