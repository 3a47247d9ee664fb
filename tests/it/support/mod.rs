//! What tests of several modules share. Three floors:
//!
//! - a shell around given routes on a real socket (`shell`), and a bare-handed HTTP client (`raw`);
//! - the whole provider on a real socket (`app`), people who sign in (`people`) with a browser (`browser`, which sees
//!   each `page`), and an application that sends them (`relying_party`);
//! - the real program as a process of its own (`program`), and a mailbox for what it sends (`mailbox`).

pub mod app;
pub mod browser;
pub mod mailbox;
pub mod page;
pub mod people;
pub mod program;
pub mod raw;
pub mod relying_party;
pub mod shell;
pub mod watched;
pub mod world;
