//! Single sign-out: first our session ends, durably; then the applications are told, and a page says honestly how far.

pub mod end_session;
pub mod front_channel;
pub mod plan;
