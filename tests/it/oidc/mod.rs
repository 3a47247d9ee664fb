//! The OpenID provider over its public face.

mod conformance;
mod sign_in;
