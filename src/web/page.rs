//! Sending pages: content from a door, HTML from `pages`, headers from here.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;

use super::answer::{self, PageSource};
use super::{Failure, Nonce, PagePolicy, Visitor, csrf, page_response};
use crate::config::Site;
use crate::foundation::Random;
use crate::foundation::secret::{Kind, Plain};
use crate::pages::{ErrorPage, Form, Page, PageContent, Pages, Problem};

/// What every door needs to answer people.
pub struct Web {
    /// Under which address the world knows us.
    pub site: Arc<Site>,
    /// Draws the pages.
    pub pages: Arc<Pages>,
    /// Makes nonces.
    pub random: Arc<dyn Random>,
}

impl std::fmt::Debug for Web {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "web of {}", self.site.issuer())
    }
}

impl Web {
    /// A page for `visitor`, in the language wished so far.
    pub fn page<C: PageContent>(
        &self,
        visitor: &Visitor,
        status: StatusCode,
        content: &C,
        policy: &PagePolicy,
    ) -> Response {
        let language = self.pages.choose_language(&visitor.languages.wishes());
        let nonce = Nonce::generate(self.random.as_ref());
        let rendered = self.pages.render(&Page::new(&language, content), nonce.as_str());
        page_response(status, rendered.html, &nonce, policy)
    }

    /// A form that posts to `action`, with the token that proves it is ours.
    pub fn form<K: Kind>(&self, secret: &Plain<K>, purpose: &str, action: String) -> Form {
        Form { action, token: csrf::form_token(secret, purpose) }
    }

    /// Whether a posted form is ours and was sent by our own page (R-SE-11).
    pub fn check_form<K: Kind>(
        &self,
        visitor: &Visitor,
        secret: &Plain<K>,
        purpose: &str,
        presented: Option<&str>,
    ) -> Result<(), Failure> {
        csrf::check_form(&visitor.headers, &self.site, secret, purpose, presented)
    }
}

impl PageSource for Pages {
    fn error_page(&self, page: &answer::ErrorPage<'_>) -> String {
        let language = self.choose_language(&page.languages.wishes());
        let problem = Problem::named(page.text, page.values);
        let content = ErrorPage::new(&problem, page.request_id, None);
        self.render(&Page::new(&language, &content), page.nonce.as_str()).html
    }
}
