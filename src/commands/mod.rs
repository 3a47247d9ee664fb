//! How Keyward is administered: one type an administrative act, with who may, validation, effect and event in one place.
//! Command line, socket, and later REST and console, are faces of these types, so that what one face can do, all can.
//!
//! A command travels as JSON ([`Request`]) and is found in a closed list ([`Registry`]), also within one process: there is
//! one way in, and it checks who asks before the command sees anything.
//!
//! A new command: a type here (or in a door's `commands.rs`) with `deny_unknown_fields`, its [`Command`], its line in
//! `app/commands.rs`, and its words on the command line.
//!
//! Must not: know a face, or change anything without its event in the same commit (R-AU-05).
//! Follows: security requirements R-AD-02, R-AD-05, R-AD-11, R-CO-04.

pub mod administrator;
pub mod backup;
pub mod audit;
pub mod client;
pub mod configuration;
pub mod doctor;
pub mod group;
pub mod handed;
pub mod hardware_token;
pub mod mail;
pub mod office;
pub mod key;
pub mod policy;
pub mod refused;
pub mod registry;
pub mod user;

use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use administrator::{Administrator, Who};
pub use doctor::Doctor;
pub use handed::Handed;
pub use refused::{Reason, Refused};
pub use registry::{Registry, Request};

/// One administrative act. Its fields are its arguments; fields it does not know are refused (R-AD-05).
#[async_trait]
pub trait Command: Serialize + DeserializeOwned + Send + 'static {
    /// What it is called on every face, such as `user.add`.
    const NAME: &'static str;
    /// Who may ask for it. What an act may give is checked again where it gives it (R-AD-02).
    const WHO: Who;
    /// What it works with, given once by the composition root.
    type Tools: Clone + Send + Sync + 'static;
    /// What it answers.
    type Answer: Serialize + DeserializeOwned + Send;

    /// Does it, or nothing of it.
    async fn perform(self, by: &Administrator, tools: &Self::Tools) -> Result<Self::Answer, Refused>;
}
