//! What every door needs from HTTP: parameters, cookies, proof that a form is ours, security headers, the client's
//! address, and the one error type with its two faces.
//!
//! Must not: know a protocol, a person or a session; read the store.
//! Follows: security requirements R-CO-05, R-CO-10, R-RL-09, R-SE-01, R-SE-11, R-TR-02 to R-TR-06, R-TR-09 to R-TR-11.

pub mod answer;
pub mod asset_files;
pub mod client_ip;
pub mod cookies;
pub mod csrf;
pub mod extract;
pub mod failure;
pub mod host;
pub mod languages;
pub mod page;
pub mod probe;
pub mod request_id;
pub mod security_headers;
pub mod see_other;
pub mod visitor;

pub use cookies::Cookies;
pub use extract::{Form, Parameters, Query};
pub use failure::Failure;
pub use languages::Languages;
pub use page::Web;
pub use probe::Probes;
pub use request_id::RequestId;
pub use security_headers::{Nonce, PagePolicy, page_response};
pub use see_other::see_other;
pub use visitor::Visitor;
