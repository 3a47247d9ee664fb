//! The demonstration: its relying party alone, and the whole of it as a process.

mod browser;
mod inbox;
mod relying_party;
mod walk;
