//! The audit trail: what happened, to whom, from where, in the same commit as the change itself (R-AU-05).
//!
//! What strangers can cause at will, without a change and without a limit that counts it, is told of only so often
//! ([`bounded`]). Each event is vouched for by whoever writes it ([`voucher`]). Soon after, a job links events into this node's
//! chain of signed blocks ([`chain`], [`linking`]), by which a change, a removal, an insertion or another order is noticed
//! ([`verify`]); the newest checkpoint stands in the keys folder ([`kept`]). Only the retention removes, and leaves a tombstone.
//!
//! Must not: hold a secret of any kind (R-AU-04; the event's fields are identifiers and closed words), or be written
//! apart from the change it tells of.
//! Follows: security requirements R-AU-01, R-AU-02, R-AU-03 to R-AU-06, R-ST-07.

mod block;
pub mod bounded;
pub mod chain;
pub mod event;
pub mod export;
mod kept;
pub mod linking;
mod order;
pub mod retention;
pub mod search;
pub mod trail;
pub mod verify;
mod voucher;

pub use block::Checkpoint;
pub use chain::Chain;
pub use event::{Action, Actor, Event, Origin, Outcome, ValueChange};
pub use trail::Trail;
