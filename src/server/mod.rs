//! The shell around all doors: listeners with bounds on every connection, the layers every request passes, and a stop
//! that lets go of nothing half done.
//!
//! Besides, the operator's way in on this machine ([`admin_socket`]), which knows commands by name only.
//!
//! Must not: know a route (but for the administrators' own), a person or a protocol above HTTP.
//! Follows: security requirements R-CO-07, R-OP-01, R-OP-06, R-OP-07, R-TR-01, R-TR-06, R-TR-09, R-TR-10.

pub mod admin;
pub mod admin_socket;
pub mod body;
pub mod certificate;
pub mod certificate_check;
pub mod connection;
pub mod connections;
pub mod inherited;
pub mod layers;
pub mod listeners;
pub mod stop;
pub mod tls;
pub mod watched;

pub use admin_socket::AdminSocket;
pub use inherited::Inherited;
pub use layers::{Shell, with_layers};
pub use listeners::Server;
pub use stop::{Stop, Stopping};
pub use tls::Tls;
