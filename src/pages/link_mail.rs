//! Mails with a one-time link that a person, or somebody in the person's name, has asked for.

use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::{Deserialize, Serialize};

use super::mails::Addressee;
use super::texts::Values;

/// What the link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Choosing a new password.
    Password,
    /// Confirming a new mail address.
    NewAddress,
    /// Going back to the former mail address.
    FormerAddress,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 3] = [Self::Password, Self::NewAddress, Self::FormerAddress];

    /// Where the link leads, but for the link itself.
    pub fn path(self) -> &'static str {
        match self {
            Self::Password => "/new-password/",
            Self::NewAddress => "/account/mail/confirm/",
            Self::FormerAddress => "/former-address/",
        }
    }

    /// The ids of subject and sentence.
    pub fn text_ids(self) -> (&'static str, &'static str) {
        match self {
            Self::Password => ("mail.new_password.subject", "mail.new_password.sentence"),
            Self::NewAddress => ("mail.new_address.subject", "mail.new_address.sentence"),
            Self::FormerAddress => ("mail.former_address.subject", "mail.former_address.sentence"),
        }
    }

    /// The ids of the link's words and of what to do where it was not expected.
    pub fn further_ids(self) -> (&'static str, &'static str) {
        match self {
            Self::Password => ("mail.new_password.button", "mail.new_password.unexpected"),
            Self::NewAddress => ("mail.new_address.button", "mail.invitation.unexpected"),
            Self::FormerAddress => ("mail.former_address.button", "mail.former_address.expected"),
        }
    }
}

/// What such a mail says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkMail {
    /// What the link is for.
    pub purpose: Purpose,
    /// The link, under the configured base address.
    pub link: String,
    /// The new address, where it is about one.
    pub address: String,
    /// For how many minutes it works, for a password; for how many hours otherwise.
    pub count: u64,
    /// When it was asked for, for people.
    pub at: String,
    /// From which network, for people.
    pub network: Option<String>,
}

impl LinkMail {
    /// One of each kind, and one whose time is nearly over.
    pub fn samples() -> Vec<Self> {
        let mail = |(purpose, count): (Purpose, u64)| Self {
            purpose,
            link: format!("https://id.example.com{}kwm", purpose.path()),
            address: "maria@example.com".to_owned(),
            count,
            at: "2027-01-15 08:00 UTC".to_owned(),
            network: Some("192.0.2.0/24".to_owned()),
        };
        Purpose::ALL.into_iter().flat_map(|purpose| [(purpose, 24), (purpose, 1)]).map(mail).collect()
    }

    pub(super) fn content(&self, to: &Addressee) -> Value {
        let Self { purpose, link, address, count, at, network } = self;
        let values = Values::one("username", &to.username).and("address", address).and("count", count);
        let (values, name) = (Value::from(Serde(values)), &to.name);
        let ((_, id), (button, advice)) = (purpose.text_ids(), purpose.further_ids());
        context! { name, id, values, link, button, advice, at, network }
    }
}
