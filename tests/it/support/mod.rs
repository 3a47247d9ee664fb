//! What tests of several modules share. Three floors:
//!
//! - a shell around given routes on a real socket (`shell`), and a bare-handed HTTP client (`raw`);
//! - the whole provider on a real socket (`app`), people who sign in (`people`) with a browser (`browser`, which sees
//!   each `page`), and an application that sends them (`relying_party`);
//! - the real program as a process of its own (`program`), with people in it (`prepared`), reached over HTTPS (`https`)
//!   under certificates of an `authority`, its figures read by `prometheus`,
//!   and a mailbox for what it sends (`mailbox`).
//!
//! A key that signs what it is told to (`authenticator`). Stores that do what a store seldom does: one that is `watched`, one whose copy is `endless`.

pub mod app;
pub mod authenticator;
pub mod authority;
pub mod browser;
pub mod endless;
pub mod https;
pub mod mailbox;
pub mod page;
pub mod people;
pub mod prepared;
pub mod program;
pub mod prometheus;
pub mod raw;
pub mod relying_party;
pub mod shell;
pub mod watched;
pub mod world;
