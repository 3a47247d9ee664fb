//! The provider put together: inside another program, over stores of earlier versions, and without a way outside.

mod embedded;
mod limits_settings;
mod nothing_outside;
pub mod older_stores;
