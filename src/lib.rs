//! Keyward: a self-contained OpenID provider with built-in second factors.
//!
//! The map of the crate: a module may use itself and what stands above it here (`tests/it/architecture.rs` guards it).

#![forbid(unsafe_code)]

pub mod audit;
pub mod directory;
pub mod factors;
pub mod foundation;
pub mod limits;
pub mod sealing;
pub mod storage;
pub mod users;
pub mod vocabulary;
