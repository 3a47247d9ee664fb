//! The provider put together: inside another program, over stores of earlier versions, and without a way outside.

mod embedded;
mod nothing_outside;
mod older_stores;
