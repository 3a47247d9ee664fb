//! Keyward: a self-contained OpenID provider with built-in second factors.
//!
//! The map of the crate: a module may use itself and what stands above it here (`tests/it/architecture.rs` guards it).

#![forbid(unsafe_code)]

pub mod foundation;
pub mod config;
pub mod telemetry;
pub mod storage;
pub mod web;
pub mod server;
