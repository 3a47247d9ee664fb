//! The life of a signing key: announced (published, not yet used), signing, retired (published, no longer used), gone.
//!
//! A key is published for [`ANNOUNCED`] before its first use, and for as long after its last token has ended, so that whoever
//! keeps the JWK set for an hour always knows the key of a token in hand (R-UI-06, R-UI-07). Each move is one commit on
//! condition that nobody else made it, with its event. Who else holds the keys in memory learns of it at his next turn.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::store::{self, Held, load, revisions, unseal};
use super::{KeyError, Keyring};
use crate::audit::{Action, Actor, Origin, Outcome, Trail};
use crate::config::Live;
use crate::foundation::{Clock, Timestamp};
use crate::sealing::Sealing;
use crate::storage::{Batch, SharedStore};
use crate::vocabulary::client_metadata::SigningAlgorithm;

/// How long a key is published before it signs, and after the last token that it signed has ended.
pub const ANNOUNCED: Duration = Duration::from_secs(24 * 60 * 60);

/// Where a key stands in its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Phase {
    /// Published; signs from then on.
    Announced {
        /// When.
        use_from: Timestamp,
    },
    /// Signs.
    Signing {
        /// Since when.
        since: Timestamp,
        /// The `kid` of the key that is announced in its stead.
        successor: Option<String>,
    },
    /// Published for those who hold its tokens.
    Retired {
        /// Until when.
        until: Timestamp,
    },
}

/// What is known of a key, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyStatus {
    /// Its name in tokens and in the JWK set.
    pub kid: String,
    /// What it signs with.
    pub algorithm: SigningAlgorithm,
    /// When it was made.
    pub created_at: Timestamp,
    /// Where it stands.
    pub phase: Phase,
}

/// Moves keys through their life, on schedule and by command.
#[derive(Debug, Clone)]
pub struct Rotation {
    store: SharedStore,
    sealing: Arc<Sealing>,
    clock: Arc<dyn Clock>,
    trail: Trail,
    live: Live,
    keyring: Arc<Keyring>,
}

/// What a [`Rotation`] is made of.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Where keys stand.
    pub store: SharedStore,
    /// Opens them.
    pub sealing: Arc<Sealing>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where events go.
    pub trail: Trail,
    /// Says how long a key signs, and how long a session may last: so long a token is of use, as a hint for its sign-out.
    pub live: Live,
}

/// The next move that is due for the keys of one algorithm.
#[derive(Debug, Clone, Copy)]
enum Move<'a> {
    Announce(&'a Held),
    Use { next: &'a Held, present: &'a Held },
    Remove(&'a Held),
}

impl Rotation {
    /// Opens the keys of this store; makes one for each algorithm that never had any (R-KS-01).
    pub async fn open(parts: Parts) -> Result<Self, KeyError> {
        let Parts { store, sealing, clock, trail, live } = parts;
        let mut keys = load(&store).await?;
        for algorithm in SigningAlgorithm::ALL {
            if !keys.iter().any(|held| held.stored.algorithm == algorithm) {
                let (mut batch, now) = (Batch::new(), clock.now());
                store::require_first(algorithm, &mut batch);
                let phase = Phase::Signing { since: now, successor: None };
                let kid = store::make(algorithm, phase, now, &sealing, &mut batch).await?;
                event(&trail, Action::SigningKeyUsed, &kid, &Actor::System, &mut batch);
                store.commit(batch).await?;
                keys = load(&store).await?;
            }
        }
        let keyring = Arc::new(Keyring::new(unseal(&keys, &sealing)?));
        Ok(Self { store, sealing, clock, trail, live, keyring })
    }

    /// The keys in memory, which follow every move.
    pub fn keyring(&self) -> &Arc<Keyring> {
        &self.keyring
    }

    /// Makes every move that is due, and takes over those that others made. To be called at least once a minute.
    pub async fn turn(&self) -> Result<(), KeyError> {
        loop {
            let keys = self.reload().await?;
            let now = self.clock.now();
            let due = SigningAlgorithm::ALL.into_iter().find_map(|one| self.due(&keys, one, now));
            let Some(due) = due else { return Ok(()) };
            // Refused means that somebody else moved: whatever is due then is seen in the next round.
            let mut batch = Batch::new();
            self.make(due, now, &Actor::System, &mut batch).await?;
            self.store.commit(batch).await?;
        }
    }

    /// Announces a successor of each signing key that has none; it signs after [`ANNOUNCED`]. Answers all keys.
    pub async fn announce(&self, by: &Actor) -> Result<Vec<KeyStatus>, KeyError> {
        let keys = self.reload().await?;
        let (mut batch, now) = (Batch::new(), self.clock.now());
        for held in keys.iter().filter(|held| held.stored.phase.is_alone()) {
            self.make(Move::Announce(held), now, by, &mut batch).await?;
        }
        self.carry_out(batch).await
    }

    /// Revokes every key at once and signs with new ones from now on: for the case that keys are in foreign hands
    /// (R-KS-07). No token signed before is ours any longer. Who keeps the JWK set must fetch it anew. Answers all keys.
    pub async fn replace_all(&self, by: &Actor) -> Result<Vec<KeyStatus>, KeyError> {
        let keys = self.reload().await?;
        let (mut batch, now) = (Batch::new(), self.clock.now());
        for held in &keys {
            held.remove(&mut batch);
            event(&self.trail, Action::SigningKeyRevoked, &held.kid, by, &mut batch);
        }
        for algorithm in SigningAlgorithm::ALL {
            let phase = Phase::Signing { since: now, successor: None };
            let kid = store::make(algorithm, phase, now, &self.sealing, &mut batch).await?;
            event(&self.trail, Action::SigningKeyUsed, &kid, by, &mut batch);
        }
        self.carry_out(batch).await
    }

    /// Takes the retired or announced key `kid` out of the JWK set at once. Answers the keys that are left.
    pub async fn withdraw(&self, kid: &str, by: &Actor) -> Result<Vec<KeyStatus>, KeyError> {
        let keys = self.reload().await?;
        let unknown = || KeyError::Refused(format!("there is no signing key {kid:?}"));
        let held = keys.iter().find(|held| held.kid == kid).ok_or_else(unknown)?;
        let mut batch = Batch::new();
        match held.stored.phase {
            Phase::Signing { .. } => {
                let mend = "announce another with `keyward key rotate`, or replace all with `keyward key rotate --now`";
                return Err(KeyError::Refused(format!("the key {kid} signs at present; {mend}")));
            }
            Phase::Announced { .. } => {
                for present in keys.iter().filter(|other| other.stored.phase.is_followed_by(kid)) {
                    let Phase::Signing { since, .. } = present.stored.phase else { continue };
                    present.enter(Phase::Signing { since, successor: None }, &mut batch);
                }
            }
            Phase::Retired { .. } => {}
        }
        held.remove(&mut batch);
        event(&self.trail, Action::SigningKeyRemoved, kid, by, &mut batch);
        self.carry_out(batch).await
    }

    /// When the key that signs with `algorithm` gives way to the next, as `keys` stand; `None` if none of them signs.
    pub fn next_change(&self, keys: &[KeyStatus], algorithm: SigningAlgorithm) -> Option<Timestamp> {
        keys.iter().filter(|key| key.algorithm == algorithm).find_map(|key| match &key.phase {
            Phase::Signing { since, successor: None } => {
                Some(since.plus(self.live.latest().keys.rotate_every))
            }
            Phase::Signing { successor: Some(next), .. } => {
                keys.iter().filter(|key| key.kid == *next).find_map(|next| match next.phase {
                    Phase::Announced { use_from } => Some(use_from),
                    Phase::Signing { .. } | Phase::Retired { .. } => None,
                })
            }
            Phase::Announced { .. } | Phase::Retired { .. } => None,
        })
    }

    /// All keys, the newest first.
    pub async fn list(&self) -> Result<Vec<KeyStatus>, KeyError> {
        Ok(load(&self.store).await?.into_iter().map(KeyStatus::from).collect())
    }

    async fn carry_out(&self, batch: Batch) -> Result<Vec<KeyStatus>, KeyError> {
        if !self.store.commit(batch).await?.is_done() {
            let again = "the keys changed at the same moment; look at them and try again";
            return Err(KeyError::Refused(again.to_owned()));
        }
        Ok(self.reload().await?.into_iter().map(KeyStatus::from).collect())
    }

    /// Reads the keys, and exchanges those in memory if anything has changed.
    async fn reload(&self) -> Result<Vec<Held>, KeyError> {
        let keys = load(&self.store).await?;
        if self.keyring.present().revisions != revisions(&keys) {
            self.keyring.exchange(unseal(&keys, &self.sealing)?);
        }
        Ok(keys)
    }

    async fn make(
        &self,
        due: Move<'_>,
        now: Timestamp,
        by: &Actor,
        batch: &mut Batch,
    ) -> Result<(), KeyError> {
        let tell = |action, kid: &str, batch: &mut Batch| event(&self.trail, action, kid, by, batch);
        match due {
            Move::Announce(present) => {
                let phase = Phase::Announced { use_from: now.plus(ANNOUNCED) };
                let algorithm = present.stored.algorithm;
                let kid = store::make(algorithm, phase, now, &self.sealing, batch).await?;
                if let Phase::Signing { since, .. } = present.stored.phase {
                    present.enter(Phase::Signing { since, successor: Some(kid.clone()) }, batch);
                }
                tell(Action::SigningKeyAnnounced, &kid, batch);
            }
            Move::Use { next, present } => {
                next.enter(Phase::Signing { since: now, successor: None }, batch);
                let until = now.plus(self.live.latest().sessions.absolute).plus(ANNOUNCED);
                present.enter(Phase::Retired { until }, batch);
                tell(Action::SigningKeyUsed, &next.kid, batch);
                tell(Action::SigningKeyRetired, &present.kid, batch);
            }
            Move::Remove(held) => {
                held.remove(batch);
                tell(Action::SigningKeyRemoved, &held.kid, batch);
            }
        }
        Ok(())
    }

    fn due<'a>(&self, keys: &'a [Held], algorithm: SigningAlgorithm, now: Timestamp) -> Option<Move<'a>> {
        let mut own = keys.iter().filter(|held| held.stored.algorithm == algorithm);
        own.find_map(|held| match &held.stored.phase {
            Phase::Announced { use_from } if *use_from <= now => {
                let present = keys.iter().find(|other| other.stored.phase.is_followed_by(&held.kid))?;
                Some(Move::Use { next: held, present })
            }
            Phase::Signing { since, successor: None }
                if since.plus(self.live.latest().keys.rotate_every.saturating_sub(ANNOUNCED)) <= now =>
            {
                Some(Move::Announce(held))
            }
            Phase::Retired { until } if *until <= now => Some(Move::Remove(held)),
            _ => None,
        })
    }
}

impl Phase {
    fn is_alone(&self) -> bool {
        matches!(self, Self::Signing { successor: None, .. })
    }

    fn is_followed_by(&self, kid: &str) -> bool {
        matches!(self, Self::Signing { successor: Some(next), .. } if next == kid)
    }
}

impl From<Held> for KeyStatus {
    fn from(held: Held) -> Self {
        let store::StoredKey { algorithm, created_at, phase, .. } = held.stored;
        Self { kid: held.kid, algorithm, created_at, phase }
    }
}

fn event(trail: &Trail, action: Action, kid: &str, by: &Actor, batch: &mut Batch) {
    let event = trail.event(action, Outcome::Success, &Origin::default());
    event.by(by.clone()).signing_key(kid).write(batch);
}
