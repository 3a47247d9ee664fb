//! What operators see: structured logs and health. (Metrics join when there is an administrators' listener.)
//!
//! Must not: hold a secret, a query string or a person's name in a label; decide anything.
//! Follows: security requirements R-AU-03, R-AU-04, R-OP-05, R-CO-10.

pub mod health;
pub mod log;

pub use health::Health;
