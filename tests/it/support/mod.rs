//! What tests of several modules share: a shell around given routes on a real socket, and a bare-handed HTTP client.

pub mod browser;
pub mod program;
pub mod raw;
pub mod shell;
pub mod watched;
pub mod world;
