//! Contents of the pages of single sign-out (security.md 5.4).

use serde::Serialize;

use super::content::{Form, PageContent};

/// Whether to sign out. Form `logout`: `action` = `sign_out`.
#[derive(Clone, Debug, Serialize)]
pub struct ConfirmPage {
    /// Where to post.
    pub form: Form,
    /// Who is signed in; `None` when the hint named somebody else, so that neither is named (R-LO-02).
    pub username: Option<String>,
    /// Names of the applications that will be told.
    pub applications: Vec<String>,
    /// Where *Stay signed in* leads.
    pub stay: String,
}

impl PageContent for ConfirmPage {
    const TEMPLATE: &'static str = "logout/confirm.html";
    const REQUIRED: &'static [&'static str] = &["id=\"logout\"", "name=\"form_token\""];
}

/// One application that took part in the session.
#[derive(Clone, Debug, Serialize)]
pub struct SignOutLine {
    /// Its name.
    pub name: String,
    /// The front-channel logout address with `iss` and `sid`; `None` when it cannot be told from here.
    pub frame: Option<String>,
    /// Where the person can open it and sign out there.
    pub open: Option<String>,
}

/// The session is ended; each application is told and the page says so honestly (R-LO-08).
#[derive(Clone, Debug, Serialize)]
pub struct StatusPage {
    /// Every application that took part.
    pub applications: Vec<SignOutLine>,
    /// The validated post-logout address to go on to.
    pub target: Option<String>,
    /// The name of the application at `target`.
    pub target_name: Option<String>,
    /// Where to sign in again.
    pub sign_in: Option<String>,
}

impl PageContent for StatusPage {
    const TEMPLATE: &'static str = "logout/status.html";
    const REQUIRED: &'static [&'static str] = &["id=\"sign-out-status\""];
}

/// Nothing (more) to end: the person is signed out.
#[derive(Clone, Debug, Serialize)]
pub struct SignedOutPage {
    /// Where to sign in again.
    pub sign_in: Option<String>,
}

impl PageContent for SignedOutPage {
    const TEMPLATE: &'static str = "logout/signed_out.html";
    const REQUIRED: &'static [&'static str] = &[];
}
