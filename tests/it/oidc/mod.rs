//! The OpenID provider over its public face.

mod sign_in;
