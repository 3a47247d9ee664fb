//! Contents of the pages at Keyward's own address: who is signed in.

use serde::Serialize;

use super::content::{Form, PageContent};

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
