//! The demo in a real Chromium, walked as a person would: set up a second factor, open both applications, sign out of
//! everything; and every page looked at in every language, width and theme. Pictures of the pages are kept beside the build.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails, and should say where"
)]

/// Browsers are heavy, and the demo loses patience on a busy machine: one test at a time.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

mod chromium;
mod demo;
mod gallery;
mod looks;
mod passkeys;
mod walk;
