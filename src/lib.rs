//! Keyward: a self-contained OpenID provider with built-in second factors.
//!
//! The map of the crate: a module may use itself and what stands above it here (`tests/it/architecture.rs` guards it).

#![forbid(unsafe_code)]

// words
pub mod foundation;
pub mod vocabulary;
// ground
pub mod config;
pub mod telemetry;
pub mod storage;
pub mod sealing;
pub mod outbound;
// services without a subject
pub mod jobs;
pub mod audit;
pub mod limits;
pub mod delivery;
pub mod pages;
// records: what we remember
pub mod keys;
pub mod users;
pub mod clients;
pub mod web;
// abilities: what we can do for a person
pub mod grants;
pub mod factors;
pub mod claims;
pub mod sessions;
pub mod lifecycle;
pub mod directory;
// journey: from stranger to signed in
pub mod journey;
// rule: how it is administered
pub mod configuration;
pub mod commands;
// doors
pub mod oidc;
pub mod account;
// shell
pub mod demo;
pub mod server;
pub mod app;
pub mod cli;
