//! Contents of the pages of the two demo applications, which stand in for the real ones.

use serde::Serialize;

use super::content::{Form, PageContent};

/// Which application a demo page stands in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DemoKind {
    /// A tracker with boards.
    Boards,
    /// A wiki with spaces.
    Spaces,
}

/// What every demo page shows.
#[derive(Clone, Debug, Serialize)]
pub struct DemoApplication {
    /// Its look.
    pub kind: DemoKind,
    /// Its name.
    pub name: String,
    /// Keyward's address, for the links back.
    pub provider: String,
    /// The address of the mailbox.
    pub inbox: String,
}

/// Nobody is signed in here.
#[derive(Clone, Debug, Serialize)]
pub struct DemoSignedOut {
    /// Which application.
    pub application: DemoApplication,
    /// Where *Log in* leads.
    pub log_in: String,
}

impl PageContent for DemoSignedOut {
    const TEMPLATE: &'static str = "demo/signed_out.html";
    const REQUIRED: &'static [&'static str] = &["id=\"log-in\""];
}

/// Somebody is signed in: what the ID token said.
#[derive(Clone, Debug, Serialize)]
pub struct DemoHome {
    /// Which application.
    pub application: DemoApplication,
    /// Claim `name`.
    pub name: String,
    /// Claim `preferred_username`.
    pub username: String,
    /// Claim `email`.
    pub email: String,
    /// Claim `groups`.
    pub groups: Vec<String>,
    /// All claims, as indented JSON.
    pub claims: String,
    /// What is wrong with the ID token's signature, which the real application never looks at.
    pub signature_fault: Option<String>,
    /// A page that nobody may see: it starts a sign-in anew.
    pub forbidden: String,
    /// *Log out* of this application only. Form `local-logout`.
    pub log_out: Form,
    /// *Sign out everywhere*: Keyward's end-session address with `id_token_hint`.
    pub sign_out_everywhere: String,
}

impl PageContent for DemoHome {
    const TEMPLATE: &'static str = "demo/home.html";
    const REQUIRED: &'static [&'static str] = &["id=\"local-logout\"", "id=\"sign-out-everywhere\""];
}

/// The application ended its own session only, or came back from a single sign-out.
#[derive(Clone, Debug, Serialize)]
pub struct DemoLoggedOut {
    /// Which application.
    pub application: DemoApplication,
    /// Where *Log in again* leads.
    pub log_in: String,
    /// Whether the Keyward session ended too.
    pub everywhere: bool,
}

impl PageContent for DemoLoggedOut {
    const TEMPLATE: &'static str = "demo/logged_out.html";
    const REQUIRED: &'static [&'static str] = &["id=\"log-in\""];
}

/// The mailbox: every mail the provider sent.
#[derive(Clone, Debug, Serialize)]
pub struct DemoInbox {
    /// Keyward's address.
    pub provider: String,
    /// The mails, newest first.
    pub mails: Vec<DemoMail>,
}

impl PageContent for DemoInbox {
    const TEMPLATE: &'static str = "demo/inbox.html";
    const REQUIRED: &'static [&'static str] = &["id=\"mails\""];
}

/// One mail in the mailbox.
#[derive(Clone, Debug, Serialize)]
pub struct DemoMail {
    /// Its number.
    pub id: u64,
    /// Its subject.
    pub subject: String,
    /// Who it says it is from.
    pub from: String,
    /// Whom it says it is to.
    pub to: String,
    /// When it arrived.
    pub received_at: String,
    /// Its text part.
    pub text: String,
    /// The links to Keyward in its text.
    pub links: Vec<String>,
    /// Where its HTML part is.
    pub html: String,
}

/// The sign-in came back with an error, or its answer was refused.
#[derive(Clone, Debug, Serialize)]
pub struct DemoError {
    /// Which application.
    pub application: DemoApplication,
    /// The `error` parameter or the check that failed.
    pub error: String,
    /// More about it.
    pub description: String,
    /// Where *Try again* leads.
    pub log_in: String,
}

impl PageContent for DemoError {
    const TEMPLATE: &'static str = "demo/error.html";
    const REQUIRED: &'static [&'static str] = &["id=\"log-in\""];
}
