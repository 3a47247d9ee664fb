//! The languages wished in one exchange: learnt on its way, used by whatever page answers it, an error page too.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::Request;
use axum::http::header;

use super::extract::Parameters;
use crate::pages::language::LanguageWishes;

/// The parameter in which a request names languages (OpenID Connect Core 3.1.2.1, RP-Initiated Logout section 2).
const UI_LOCALES: &str = "ui_locales";
/// Longer lists are not heard.
const LONGEST: usize = 256;

/// What is known so far. Its clones share it.
#[derive(Debug, Clone, Default)]
pub struct Languages(Arc<Mutex<LanguageWishes>>);

impl Languages {
    /// What the request itself says: `Accept-Language`, and `ui_locales` in its query.
    pub(super) fn of(request: &Request) -> Self {
        let header = request.headers().get(header::ACCEPT_LANGUAGE);
        let browser = header.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let known = Self(Arc::new(Mutex::new(LanguageWishes { browser, ..LanguageWishes::default() })));
        if let Some(query) = request.uri().query().filter(|query| query.contains(UI_LOCALES)) {
            known.asked_in(&Parameters::parse(query.as_bytes()).unwrap_or_default());
        }
        known
    }

    /// The application's wish stands in these parameters, if it has one.
    pub fn asked_in(&self, parameters: &Parameters) {
        self.of_application(parameters.get(UI_LOCALES).ok().flatten());
    }

    /// The application wishes these, separated by spaces. `None` changes nothing.
    pub fn of_application(&self, ui_locales: Option<&str>) {
        if let Some(wish) = ui_locales.filter(|wish| wish.len() <= LONGEST) {
            self.known().application = Some(wish.to_owned());
        }
    }

    /// The person is known, for whom this language is set, or none.
    pub fn of_person(&self, language: Option<&str>) {
        self.known().person = language.map(str::to_owned);
    }

    /// All wishes so far.
    pub fn wishes(&self) -> LanguageWishes {
        self.known().clone()
    }

    fn known(&self) -> MutexGuard<'_, LanguageWishes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
