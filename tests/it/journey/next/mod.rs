//! The one decision of every journey (`src/journey/next.rs`): a table of its rules, and what holds whatever the facts.

mod properties;
mod rules;
pub mod scene;
mod table;
