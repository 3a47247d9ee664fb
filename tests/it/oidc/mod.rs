//! The OpenID provider over its public face.

mod refusal;
mod sign_in;
