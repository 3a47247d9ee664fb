//! What happens to everybody at once.

mod restore;
