//! Keyward: a self-contained OpenID provider with built-in second factors.
//!
//! The map of the crate: a module may use itself and what stands above it here (`tests/it/architecture.rs` guards it).

#![forbid(unsafe_code)]

pub mod foundation;

pub mod vocabulary;

pub mod storage;

pub mod sealing;

pub mod audit;
pub mod limits;

pub mod users;

pub mod factors;

pub mod directory;
