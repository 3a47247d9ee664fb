//! The OpenID provider over its public face.

mod conformance;
mod review;
mod sign_in;
mod sign_out;
