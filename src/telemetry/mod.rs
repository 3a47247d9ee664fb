//! What operators see: structured logs, metrics and health.
//!
//! Must not: hold a secret, a query string or a person's name in a label; decide anything.
//! Follows: security requirements R-AU-03, R-AU-04, R-OP-05, R-OP-06, R-CO-10.

pub mod health;
pub mod log;
pub mod metrics;

pub use health::Health;
pub use metrics::Metrics;
