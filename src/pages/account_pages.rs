//! Contents of the pages at Keyward's own address: who is signed in.

use serde::Serialize;

use super::content::{Form, PageContent, TOKEN, page};
use super::message::Message;

/// The person signed in.
#[derive(Clone, Debug, Serialize)]
pub struct Person {
    /// Display name.
    pub name: String,
    /// User name.
    pub username: String,
    /// Mail address, if known.
    pub email: Option<String>,
}

/// An application to open.
#[derive(Clone, Debug, Serialize)]
pub struct ApplicationLink {
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: String,
    /// Its host, to be shown.
    pub host: String,
    /// Whether the present session was used there.
    pub taking_part: bool,
}

/// `/`: who is signed in, the applications, and form `logout`.
#[derive(Clone, Debug, Serialize)]
pub struct HomePage {
    /// `None` when nobody is signed in.
    pub person: Option<Person>,
    /// The applications known here.
    pub applications: Vec<ApplicationLink>,
    /// Where *Sign out everywhere* posts (`/logout`).
    pub form: Form,
    /// Where the sign-in button leads.
    pub sign_in: String,
}

impl PageContent for HomePage {
    const TEMPLATE: &'static str = "account/home.html";
    const REQUIRED: &'static [&'static str] = &[];
}

/// A forgotten password: whose? Form `forgotten`: `username`.
#[derive(Clone, Debug, Serialize)]
pub struct ForgottenPage {
    /// Where to post.
    pub form: Form,
    /// Whether a name was typed: the same is said for every name (R-RC-02).
    pub sent: bool,
}
page!(ForgottenPage, "account/forgotten.html", "id=\"forgotten\"", "name=\"username\"", TOKEN);

/// Choosing a password with a mailed link. Form `change-password`: `password`, `password_again`.
#[derive(Clone, Debug, Serialize)]
pub struct NewPasswordPage {
    /// Where to post.
    pub form: Form,
    /// Whose password it is.
    pub username: String,
    /// The least number of characters (R-PW-05).
    pub minimum: u32,
    /// Everything wrong with the last one.
    pub problems: Vec<Message>,
}
page!(
    NewPasswordPage,
    "account/new_password.html",
    "id=\"change-password\"",
    "name=\"password\"",
    "name=\"password_again\"",
    TOKEN
);

/// The button behind a mailed link about an address. Form `address`: nothing but the button.
#[derive(Clone, Debug, Serialize)]
pub struct AddressLinkPage {
    /// Where to post.
    pub form: Form,
    /// Whose address it will be.
    pub username: String,
    /// The address.
    pub address: String,
    /// Whether it is the former one, which comes back.
    pub former: bool,
}
page!(AddressLinkPage, "account/address_link.html", "id=\"address\"", TOKEN);

/// What was done with a mailed link by somebody who is not signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DonePage {
    /// The password is another one.
    PasswordChanged,
    /// The mail address is the former one again.
    AddressRestored,
}

/// The content of [`DonePage`].
#[derive(Clone, Debug, Serialize)]
pub struct DoneContent {
    address: bool,
}

impl DonePage {
    /// What the page shows.
    pub fn content(self) -> DoneContent {
        DoneContent { address: self == Self::AddressRestored }
    }
}
page!(DoneContent, "account/done.html",);
