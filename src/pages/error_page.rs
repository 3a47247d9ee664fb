//! The one page for every failure: a title, a plain sentence, the request id and whom to ask.
//!
//! The `web` module chooses the [`Problem`]; the private detail goes to the log under the same request id, never here.

use serde::Serialize;

use super::content::PageContent;
use super::texts::Values;

/// What went wrong, in words a person can act on. A closed list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Something failed inside (500).
    Internal,
    /// Too much to do just now (503).
    Busy,
    /// No such page (404).
    NotFound,
    /// The request was not understood (400, P400 of security.md).
    BadRequest,
    /// The page does not answer this kind of request (405).
    MethodNotAllowed,
    /// More was sent than is accepted (413, 431).
    TooLarge,
    /// Not allowed for this person (403).
    Forbidden,
    /// Too many attempts (429).
    TooManyAttempts {
        /// Whole minutes until the next attempt, at least 1.
        minutes: u64,
    },
    /// The request came under another host name than the configured one (421).
    WrongAddress {
        /// The host as seen.
        seen: String,
        /// The configured address.
        configured: String,
    },
    /// The application is not known here: a wrong `client_id`.
    UnknownApplication,
    /// The application asked to be answered at an address that is not registered (redirect URI).
    UnregisteredRedirect {
        /// The application's name.
        application: String,
    },
    /// The application's request has a fault that only its administrator can mend.
    ApplicationFault {
        /// The application's name.
        application: String,
    },
    /// The person may not use this application.
    ApplicationRefused {
        /// The application's name.
        application: String,
    },
    /// The forgery token of a form did not fit.
    FormOutdated,
    /// The link was used already or is too old.
    LinkSpent,
    /// The link works in the browser only that asked for it.
    LinkOfAnotherBrowser,
    /// The session could not be ended; the person is still signed in.
    SignOutFailed,
}

impl Problem {
    /// Texts `problem.<name>.title` and `problem.<name>.sentence` belong to it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Busy => "busy",
            Self::NotFound => "not_found",
            Self::BadRequest => "bad_request",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::TooLarge => "too_large",
            Self::Forbidden => "forbidden",
            Self::TooManyAttempts { .. } => "too_many_attempts",
            Self::WrongAddress { .. } => "wrong_address",
            Self::UnknownApplication => "unknown_application",
            Self::UnregisteredRedirect { .. } => "unregistered_redirect",
            Self::ApplicationFault { .. } => "application_fault",
            Self::ApplicationRefused { .. } => "application_refused",
            Self::FormOutdated => "form_outdated",
            Self::LinkSpent => "link_spent",
            Self::LinkOfAnotherBrowser => "link_of_another_browser",
            Self::SignOutFailed => "sign_out_failed",
        }
    }

    /// The problem of this name, with the values its text needs; an unknown name is [`Problem::Internal`].
    pub fn named(name: &str, values: &[(&'static str, String)]) -> Self {
        let value = |wanted: &str| {
            let found = values.iter().find(|(given, _)| *given == wanted);
            found.map_or_else(String::new, |(_, value)| value.clone())
        };
        let minutes = value("count").parse().unwrap_or(1);
        let known = Self::each(minutes, &value("seen"), &value("configured"), &value("application"));
        known.into_iter().find(|problem| problem.name() == name).unwrap_or(Self::Internal)
    }

    fn values(&self) -> Values {
        match self {
            Self::TooManyAttempts { minutes } => Values::one("count", minutes),
            Self::WrongAddress { seen, configured } => {
                Values::one("seen", seen).and("configured", configured)
            }
            Self::UnregisteredRedirect { application }
            | Self::ApplicationFault { application }
            | Self::ApplicationRefused { application } => Values::one("application", application),
            _ => Values::default(),
        }
    }

    /// One of each kind.
    pub fn samples(application: &str) -> Vec<Self> {
        Self::each(15, application, "https://id.example.com", application)
    }

    fn each(minutes: u64, seen: &str, configured: &str, application: &str) -> Vec<Self> {
        let application = || application.to_owned();
        vec![
            Self::Internal,
            Self::Busy,
            Self::NotFound,
            Self::BadRequest,
            Self::MethodNotAllowed,
            Self::TooLarge,
            Self::Forbidden,
            Self::TooManyAttempts { minutes },
            Self::WrongAddress { seen: seen.to_owned(), configured: configured.to_owned() },
            Self::UnknownApplication,
            Self::UnregisteredRedirect { application: application() },
            Self::ApplicationFault { application: application() },
            Self::ApplicationRefused { application: application() },
            Self::FormOutdated,
            Self::LinkSpent,
            Self::LinkOfAnotherBrowser,
            Self::SignOutFailed,
        ]
    }
}

/// Content of the error page.
#[derive(Clone, Debug, Serialize)]
pub struct ErrorPage {
    title: String,
    sentence: String,
    values: Values,
    request_id: String,
    back: Option<String>,
}

impl ErrorPage {
    /// `request_id` is what the log carries; `back` is an own path or application address for the one button, if any.
    pub fn new(problem: &Problem, request_id: &str, back: Option<String>) -> Self {
        Self {
            title: format!("problem.{}.title", problem.name()),
            sentence: format!("problem.{}.sentence", problem.name()),
            values: problem.values(),
            request_id: request_id.to_owned(),
            back,
        }
    }
}

impl PageContent for ErrorPage {
    const TEMPLATE: &'static str = "error.html";
    const REQUIRED: &'static [&'static str] = &[];
}
