//! What `keyward demo` shows beside the provider: two stand-ins for Atlassian applications, three sample people, and the
//! mailbox where all mail arrives.
//!
//! The applications sign in exactly as Atlassian's built-in client does, because what breaks there must break here first.
//! They know the provider only through its public addresses.
//!
//! Must not: reach into the provider, or run anywhere but on loopback.
//! Follows: OpenID Connect Core 1.0 from the client's side; Front-Channel Logout 1.0; security requirements R-CO-11, R-OP-01.

pub mod application;
pub mod inbox;
mod layers;
pub mod people;

pub use application::{Application, Configuration};
pub use inbox::Inbox;
