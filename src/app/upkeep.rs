//! What must be done now and then while the server runs: events are linked, the configuration is read, keys move on, the trail is shortened, the clock is
//! watched. Whoever serves gives the beat; without work nothing is written.

use std::time::Duration;

use super::App;
use crate::audit::retention::Pace;
use crate::audit::{Action, Actor, Chain, Origin, Outcome, Trail};
use crate::configuration::Configuration;
use crate::foundation::clock::{ClockWatch, Jump};
use crate::foundation::{Clock, Timestamp};
use crate::jobs::Runner;
use crate::keys::Rotation;
use crate::storage::{Batch, SharedStore, StorageError, aside};
use crate::telemetry::metrics;

/// How often events are linked: within a second.
pub const LINK_EVERY: Duration = Duration::from_millis(500);
/// How often [`Upkeep::look_around`] wants to be called.
pub const LOOK_EVERY: Duration = Duration::from_secs(60);
/// How often a checkpoint goes into the log, if the chain has grown.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(60 * 60);

/// The work of one running server.
#[derive(Debug)]
pub struct Upkeep {
    store: SharedStore,
    clock: std::sync::Arc<dyn Clock>,
    trail: Trail,
    chain: Chain,
    rotation: Rotation,
    configuration: Configuration,
    runner: Runner,
    watch: ClockWatch,
    /// When the clock was looked at last, by monotonic time.
    looked: Duration,
    /// Paces the retention.
    pace: Pace,
    /// The block of the last checkpoint in the log, and when that was.
    logged: (u64, Timestamp),
}

impl App {
    /// What this server must do now and then.
    pub fn upkeep(&self) -> Upkeep {
        let (now, monotonic) = (self.ground.clock.now(), self.ground.clock.monotonic());
        Upkeep {
            store: self.ground.store.clone(),
            clock: self.ground.clock.clone(),
            trail: self.trail.clone(),
            chain: self.chain.clone(),
            rotation: self.rotation.clone(),
            configuration: self.configuration.clone(),
            runner: self.runner.clone(),
            watch: ClockWatch::new(now),
            looked: monotonic,
            pace: Pace::new(monotonic),
            logged: (0, now.minus(CHECKPOINT_EVERY)),
        }
    }
}

impl Upkeep {
    /// To be called once, before anything is served: tells of the start, of a clock that stands before the last event, and of a
    /// trail that is not what the checkpoint in the keys folder says.
    pub async fn started(&mut self) -> Result<(), StorageError> {
        let mut batch = Batch::new();
        let newest = self.chain.newest().await?;
        let jump =
            newest.and_then(|newest| ClockWatch::new(newest.at).jump(self.clock.now(), Duration::ZERO));
        if let Some(jump @ Jump::Backward(_)) = jump {
            self.tell_jump(jump, &mut batch);
        }
        self.event(Action::Started).write(&mut batch);
        self.store.commit(batch).await?;
        self.chain.keep_checkpoint().await?;
        self.count().await
    }

    /// What links events, at its own beat, from now on: [`Chain::link_all`] wants to be called every [`LINK_EVERY`].
    pub fn linker(&self) -> Chain {
        self.chain.keep_linking();
        self.chain.clone()
    }

    /// Does what is due. Trouble is logged, and the next call tries again.
    pub async fn look_around(&mut self) {
        // What was applied elsewhere counts here too, for work that no request begins.
        if let Err(error) = self.configuration.refresh().await {
            tracing::error!(%error, "the configuration could not be read");
        }
        if let Err(error) = self.rotation.turn().await {
            tracing::error!(%error, "the signing keys could not be looked after");
        }
        if let Err(error) = self.look_at_the_trail().await {
            tracing::error!(%error, "the audit trail could not be looked after");
        }
        if let Err(error) = self.count().await {
            tracing::error!(%error, "what waits could not be counted");
        }
    }

    /// To be called once, after the last answer: everything that was told is linked.
    pub async fn stopped(&self) {
        let mut batch = Batch::new();
        self.event(Action::Stopped).write(&mut batch);
        let told = match self.trail.tell_left_out(&self.store).await {
            Ok(()) => self.store.commit(batch).await.map(|_| ()),
            Err(error) => Err(error),
        };
        if let Err(error) = told {
            tracing::error!(%error, "the end could not be written down");
        }
        self.chain.link_all().await;
        if let Err(error) = self.chain.keep_checkpoint().await {
            tracing::error!(%error, "the last checkpoint could not be kept");
        }
    }

    async fn look_at_the_trail(&mut self) -> Result<(), StorageError> {
        let monotonic = self.clock.monotonic();
        let elapsed = monotonic.saturating_sub(std::mem::replace(&mut self.looked, monotonic));
        if let Some(jump) = self.watch.jump(self.clock.now(), elapsed) {
            if matches!(jump, Jump::Forward(_)) {
                self.pace.hold(monotonic);
            }
            let mut batch = Batch::new();
            self.tell_jump(jump, &mut batch);
            self.store.commit(batch).await?;
        }
        self.trail.tell_left_out(&self.store).await?;
        self.log_checkpoint().await?;
        self.chain.keep_checkpoint().await?;
        match self.chain.shorten(&mut self.pace).await? {
            0 => {}
            events => tracing::info!(events, "the audit trail was shortened to what is to be kept"),
        }
        Ok(())
    }

    async fn count(&self) -> Result<(), StorageError> {
        metrics::trail_waiting(self.chain.waiting().await?);
        metrics::set_aside(aside::all(&self.store, None).await?.len());
        let (waiting, oldest) = self.runner.waiting().await?;
        metrics::jobs(waiting, oldest);
        Ok(())
    }

    async fn log_checkpoint(&mut self) -> Result<(), StorageError> {
        let now = self.clock.now();
        let (number, at) = self.logged;
        if now.since(at) < CHECKPOINT_EVERY && at <= now {
            return Ok(());
        }
        if let Some(newest) = self.chain.newest().await?.filter(|newest| newest.number > number) {
            tracing::info!(checkpoint = newest.to_text(), "audit checkpoint");
            self.logged = (newest.number, now);
        }
        Ok(())
    }

    fn tell_jump(&self, jump: Jump, batch: &mut Batch) {
        let (word, by) = match jump {
            Jump::Forward(by) => ("forward", by),
            Jump::Backward(by) => ("backward", by),
        };
        tracing::warn!(seconds = by.as_secs(), direction = word, "the machine's clock has jumped");
        metrics::clock_jumped();
        self.event(Action::ClockJumped).because(word).count(by.as_secs()).write(batch);
    }

    fn event(&self, action: Action) -> crate::audit::trail::Draft<'_> {
        self.trail.event(action, Outcome::Success, &Origin::default()).by(Actor::System)
    }
}
