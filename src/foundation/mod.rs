//! The ground words of every other module: time, chance, identifiers, secrets, tables and classes of addresses.
//!
//! Must not: read files, talk to a network, know any protocol.
//! Follows: security requirements R-CO-01, R-CO-02, R-CO-04, R-CO-06, R-KS-06, R-RL-01.

pub mod address;
pub mod clock;
pub mod huge_pages;
pub mod ids;
pub mod random;
pub mod secret;
pub mod table;

pub use address::AddressClass;
pub use clock::{Clock, Timestamp};
pub use random::Random;
