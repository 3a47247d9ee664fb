//! What a page shows: display strings only, in one struct per page (R-TP-02).

use minijinja::value::{Serde, Value};
use serde::Serialize;

use super::language::Language;

/// The content of one kind of page.
pub trait PageContent: Serialize {
    /// The template file inside `templates/`.
    const TEMPLATE: &'static str;
    /// What the HTML must hold whoever wrote the template: form ids and fields that the server reads (R-TP-04).
    const REQUIRED: &'static [&'static str];
}

/// A page ready to be rendered.
#[derive(Clone, Debug)]
pub struct Page {
    template: &'static str,
    required: &'static [&'static str],
    language: Language,
    content: Value,
}

impl Page {
    /// Takes a page's content, to be shown in `language`.
    pub fn new<C: PageContent>(language: &Language, content: &C) -> Self {
        Self {
            template: C::TEMPLATE,
            required: C::REQUIRED,
            language: language.clone(),
            content: Value::from(Serde(content)),
        }
    }

    /// The same page in another language.
    pub fn spoken_in(self, language: &Language) -> Self {
        Self { language: language.clone(), ..self }
    }

    /// The template file inside `templates/`.
    pub fn template(&self) -> &'static str {
        self.template
    }

    /// The language the page is shown in.
    pub fn language(&self) -> &Language {
        &self.language
    }

    pub(super) fn required(&self) -> &'static [&'static str] {
        self.required
    }

    pub(super) fn content(&self) -> &Value {
        &self.content
    }
}

/// The place a form posts to and its forgery token (the hidden field `form_token`).
#[derive(Clone, Debug, Serialize)]
pub struct Form {
    /// An own path.
    pub action: String,
    /// The token the server expects back.
    pub token: String,
}

/// The forgery token as it stands in the HTML of every form that posts to us.
pub(super) const TOKEN: &str = "name=\"form_token\"";

/// Ties a content to its template and to what the HTML must hold.
macro_rules! page {
    ($content:ty, $template:literal, $($needed:expr),*) => {
        impl $crate::pages::content::PageContent for $content {
            const TEMPLATE: &'static str = $template;
            const REQUIRED: &'static [&'static str] = &[$($needed),*];
        }
    };
}
pub(super) use page;
