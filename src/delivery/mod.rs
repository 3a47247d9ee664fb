//! Carries finished messages to where people read them.
//!
//! Must not: decide who is told what, write a message's words, or be waited for by a request of a person (it is called
//! from jobs, and from commands that only try the way).
//! Follows: security requirements R-OB-01 (an administrator named the host and port, so any address may be connected to),
//! R-OB-05.

pub mod email;

pub use email::{DeliveryError, Email, Message};
