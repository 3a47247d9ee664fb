//! The one integration test binary: it only lists the modules, whose tree mirrors `src`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that meets the unexpected fails, and should say where"
)]

mod account;
mod app;
mod architecture;
mod audit;
mod cli;
mod commands;
mod config;
mod configuration;
mod delivery;
mod demo;
mod directory;
mod factors;
mod fuzz_replay;
mod jobs;
mod journey;
mod keys;
mod lifecycle;
mod limits;
mod oidc;
mod outbound;
mod pages;
mod sealing;
mod server;
mod storage;
mod support;
mod telemetry;
mod users;
mod web;
