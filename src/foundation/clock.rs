//! Time as a collaborator: read once per request from one injected clock (R-CO-06).

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A moment: milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The moment `duration` later; saturates at the end of time.
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The moment `duration` earlier; saturates at the beginning of time.
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long ago `earlier` was, zero if it lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// As people and programs read it: `2026-11-01T08:30:00Z`, in whole seconds (RFC 3339).
    pub fn rfc3339(self) -> String {
        let moment = time::OffsetDateTime::from_unix_timestamp(self.seconds()).ok();
        let text =
            moment.and_then(|moment| moment.format(&time::format_description::well_known::Rfc3339).ok());
        text.unwrap_or_else(|| format!("{} ms", self.0))
    }

    /// The day, as people write it: `2026-11-01`, in UTC.
    pub fn day(self) -> String {
        self.rfc3339().chars().take_while(|letter| *letter != 'T').collect()
    }

    /// Whole seconds since 1970, as a JWT's `NumericDate` (RFC 7519 section 2), rounded down.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }
}

/// Where the time comes from. Production has one, tests move theirs.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present moment.
    fn now(&self) -> Timestamp;

    /// The time that has passed since a moment early in this process, whatever happens to the clock meanwhile: nobody sets it.
    fn monotonic(&self) -> Duration;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        let elapsed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Timestamp(elapsed.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX)))
    }

    fn monotonic(&self) -> Duration {
        static FIRST: OnceLock<Stopwatch> = OnceLock::new();
        FIRST.get_or_init(Stopwatch::start).elapsed()
    }
}

/// Measures how long something takes, whatever happens to the clock meanwhile.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Starts now.
    #[expect(clippy::disallowed_methods, reason = "the one place that measures elapsed time")]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// The time since its start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// A clock that stands still until it is moved: for tests and for rehearsals.
#[derive(Debug)]
pub struct ManualClock {
    shown: AtomicI64,
    passed: AtomicU64,
}

impl ManualClock {
    /// A clock standing at `start`.
    pub fn new(start: Timestamp) -> Self {
        Self { shown: AtomicI64::new(start.0), passed: AtomicU64::new(0) }
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        self.shown.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
        self.passed.fetch_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    /// Sets the clock, without any time passing.
    pub fn set(&self, to: Timestamp) {
        self.shown.store(to.0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.shown.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.passed.load(Ordering::SeqCst))
    }
}

/// A movement of the clock that is not time passing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jump {
    /// It left out so much.
    Forward(Duration),
    /// It showed so much a second time.
    Backward(Duration),
}

/// Notices when a clock moves by itself (R-AU-01).
#[derive(Debug)]
pub struct ClockWatch(Timestamp);

impl ClockWatch {
    /// What may lie between two clocks, and between the moment and the look.
    const TOLERANCE: Duration = Duration::from_secs(30);

    /// Begins to watch a clock that shows `now`.
    pub fn new(now: Timestamp) -> Self {
        Self(now)
    }

    /// The jump since the last look, if there was one: the clock shows `now`, and `elapsed` has passed by one that nobody sets.
    pub fn jump(&mut self, now: Timestamp, elapsed: Duration) -> Option<Jump> {
        let expected = self.0.plus(elapsed);
        self.0 = now;
        let (ahead, behind) = (now.since(expected), expected.since(now));
        if ahead > Self::TOLERANCE {
            return Some(Jump::Forward(ahead));
        }
        (behind > Self::TOLERANCE).then_some(Jump::Backward(behind))
    }
}
