//! Contents of the pages where a signed-in person decides: what an application may learn, and which account to use.

use serde::Serialize;

use super::content::{Form, TOKEN, page};

/// Something an application asks to learn or do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopeInWords {
    /// `openid`
    Openid,
    /// `profile`
    Profile,
    /// `email`
    Email,
    /// `phone`
    Phone,
    /// `address`
    Address,
    /// `groups`
    Groups,
    /// `offline_access`
    OfflineAccess,
    /// Any other, by its name.
    Other(String),
}

/// One line of the consent page.
#[derive(Clone, Debug, Serialize)]
pub struct ScopeLine {
    text: String,
    name: String,
}

impl ScopeInWords {
    /// The words for a scope value (OpenID Connect Core 5.4, 11).
    pub fn of(scope: &str) -> Self {
        match scope {
            "openid" => Self::Openid,
            "profile" => Self::Profile,
            "email" => Self::Email,
            "phone" => Self::Phone,
            "address" => Self::Address,
            "groups" => Self::Groups,
            "offline_access" => Self::OfflineAccess,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The id of its text.
    pub fn text_id(&self) -> &'static str {
        match self {
            Self::Openid => "scope.openid",
            Self::Profile => "scope.profile",
            Self::Email => "scope.email",
            Self::Phone => "scope.phone",
            Self::Address => "scope.address",
            Self::Groups => "scope.groups",
            Self::OfflineAccess => "scope.offline_access",
            Self::Other(_) => "scope.other",
        }
    }

    /// The line of the consent page.
    pub fn line(&self) -> ScopeLine {
        let name = if let Self::Other(name) = self { name.clone() } else { String::new() };
        ScopeLine { text: self.text_id().to_owned(), name }
    }
}

/// Whether an application may learn about the person. Form `consent`: `action` = `allow` or `deny`.
#[derive(Clone, Debug, Serialize)]
pub struct ConsentPage {
    /// Where to post.
    pub form: Form,
    /// Who is asked.
    pub username: String,
    /// The application's name.
    pub application: String,
    /// The host the answer goes to, in ASCII (punycode).
    pub host: String,
    /// What it asks, from [`ScopeInWords::line`].
    pub scopes: Vec<ScopeLine>,
}
page!(ConsentPage, "journey/consent.html", "id=\"consent\"", "value=\"allow\"", "value=\"deny\"", TOKEN);

/// A person who is signed in in this browser.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// What the button `account` sends.
    pub value: String,
    /// Display name.
    pub name: String,
    /// User name.
    pub username: String,
}

/// Which account to go on with. Form `select-account`: `account`; `action` = `other_account` or `cancel`.
#[derive(Clone, Debug, Serialize)]
pub struct SelectAccountPage {
    /// Where to post.
    pub form: Form,
    /// The application the person is going to.
    pub application: Option<String>,
    /// The accounts to choose from.
    pub accounts: Vec<Account>,
    /// Whether the person can go back to the application.
    pub can_cancel: bool,
}
page!(SelectAccountPage, "journey/select_account.html", "id=\"select-account\"", TOKEN);
