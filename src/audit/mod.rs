//! The audit trail: what happened, to whom, from where, in the same commit as the change itself (R-AU-05).
//!
//! What strangers can cause at will, without a change and without a limit that counts it, is told of only so often
//! ([`bounded`]).
//!
//! Must not: hold a secret of any kind (R-AU-04; the event's fields are identifiers and closed words), or be written
//! apart from the change it tells of.
//! Follows: security requirements R-AU-01, R-AU-02, R-AU-04, R-AU-05, R-ST-07.

pub mod bounded;
pub mod clock_alarm;
pub mod event;
pub mod trail;

pub use event::{Action, Actor, Event, Origin, Outcome};
pub use trail::Trail;
