//! What happens to a person, and what they are told of it by mail; and what happens to everybody at once.

mod kinds;
mod mails;
mod restore;
mod restored;
