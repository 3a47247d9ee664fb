//! The OpenID provider over its public face.

mod conformance;
mod refusal;
mod sign_in;
