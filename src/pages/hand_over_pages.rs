//! Contents of the pages that carry an answer to an application: the last thing a person sees of a sign-in.

use serde::Serialize;

use super::content::page;

/// The last step after a form: the browser goes on to the application by itself (R-TR-08).
#[derive(Clone, Debug, Serialize)]
pub struct HandOverPage {
    /// The validated address, with the answer in it.
    pub target: String,
    /// The application's name.
    pub application: Option<String>,
}
page!(HandOverPage, "journey/hand_over.html", "id=\"go\"");

/// One field of an answer by form post.
#[derive(Clone, Debug, Serialize)]
pub struct Field {
    /// Parameter name.
    pub name: String,
    /// Its value, untouched.
    pub value: String,
}

/// An answer sent by form post (Form Post Response Mode; R-AZ-23). It carries no `form_token`: it goes elsewhere.
#[derive(Clone, Debug, Serialize)]
pub struct FormPostPage {
    /// The validated redirect URI.
    pub target: String,
    /// The answer's parameters.
    pub fields: Vec<Field>,
    /// The application's name.
    pub application: Option<String>,
}
page!(FormPostPage, "journey/form_post.html", "id=\"form-post\"");
