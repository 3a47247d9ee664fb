//! The web's basics, mostly over real sockets.

mod client_ip;
mod cookies;
mod csrf;
mod extract;
mod failure;
mod host;
mod probe;
mod security_headers;
mod visitor;
