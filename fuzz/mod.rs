//! Fuzz targets: plain functions that must neither panic nor break a promise, whatever bytes they are given.
//! The test run replays the seeds and mutations of them (`tests/it/fuzz_replay.rs`); a fuzzer can call the same functions.
//!
//! Seeds lie in `seeds/<target>.txt`, one a line.

pub mod backup;
pub mod claims_request;
pub mod configuration;
pub mod cookies;
pub mod id_token_hint;
pub mod oath_seeds;
pub mod parameters;
pub mod passkeys;
pub mod pskc;
pub mod redirect_uri;
pub mod words;

/// A target: its name, itself, its seeds.
pub type Target = (&'static str, fn(&[u8]), &'static str);

/// Every target.
pub const TARGETS: [Target; 11] = [
    ("backup", backup::run, include_str!("seeds/backup.txt")),
    ("claims_request", claims_request::run, include_str!("seeds/claims_request.txt")),
    ("configuration", configuration::run, include_str!("seeds/configuration.txt")),
    ("cookies", cookies::run, include_str!("seeds/cookies.txt")),
    ("id_token_hint", id_token_hint::run, include_str!("seeds/id_token_hint.txt")),
    ("oath_seeds", oath_seeds::run, include_str!("seeds/oath_seeds.txt")),
    ("parameters", parameters::run, include_str!("seeds/parameters.txt")),
    ("passkeys", passkeys::run, include_str!("seeds/passkeys.txt")),
    ("pskc", pskc::run, include_str!("seeds/pskc.txt")),
    ("redirect_uri", redirect_uri::run, include_str!("seeds/redirect_uri.txt")),
    ("words", words::run, include_str!("seeds/words.txt")),
];
