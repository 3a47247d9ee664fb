//! What happens to a person, and what they are told of it by mail.

mod mails;
