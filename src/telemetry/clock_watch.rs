//! Notices when the machine's clock jumps (R-OP-11): lifetimes, lock-outs and one-time codes all rest on it.

use std::time::Duration;

use crate::foundation::Timestamp;

/// More than this is a jump; less is the slow correction that every machine makes.
const JUMP: Duration = Duration::from_secs(60);

/// Compares the clock with the time that really passed.
#[derive(Debug)]
pub struct ClockWatch {
    clock: Timestamp,
    passed: Duration,
}

/// The clock jumped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jump {
    /// Ahead by so much: sessions and lock-outs may have ended too soon.
    Forward(Duration),
    /// Back by so much: they last longer.
    Backward(Duration),
}

impl ClockWatch {
    /// Begins when the clock shows `clock` and `passed` has gone by.
    pub fn new(clock: Timestamp, passed: Duration) -> Self {
        Self { clock, passed }
    }

    /// Looks again. Each jump is told once.
    pub fn look(&mut self, clock: Timestamp, passed: Duration) -> Option<Jump> {
        let expected = self.clock.plus(passed.saturating_sub(self.passed));
        *self = Self::new(clock, passed);
        let (ahead, behind) = (clock.since(expected), expected.since(clock));
        if ahead > JUMP {
            Some(Jump::Forward(ahead))
        } else {
            (behind > JUMP).then_some(Jump::Backward(behind))
        }
    }
}
