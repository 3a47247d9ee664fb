//! Turns every [`Failure`] into its answer, once, on the way out: page or JSON, log line and headers.

use std::panic::{AssertUnwindSafe, catch_unwind};

use axum::extract::Request;
use axum::http::header;
use axum::response::Response;

use crate::foundation::Random;

use super::failure::{Carried, Face, Failure};
use super::languages::Languages;
use super::request_id::RequestId;
use super::security_headers::{Nonce, PagePolicy, page_response};

/// What an error page says.
#[derive(Debug, Clone, Copy)]
pub struct ErrorPage<'a> {
    /// The status of the answer.
    pub status: u16,
    /// The id of the text that explains.
    pub text: &'a str,
    /// What the text names, by placeholder; to be escaped.
    pub values: &'a [(&'static str, String)],
    /// The id by which an administrator finds the log lines.
    pub request_id: &'a str,
    /// The languages wished so far.
    pub languages: &'a Languages,
    /// For the page's own style and script elements.
    pub nonce: &'a Nonce,
}

/// Draws error pages. The module `pages` stands behind it; a text that names no known id must still give a page.
pub trait PageSource: Send + Sync {
    /// The page as HTML, every value escaped.
    fn error_page(&self, page: &ErrorPage<'_>) -> String;
}

/// What a failure's answer takes from its request.
#[derive(Debug)]
pub struct Asked {
    /// The request's name.
    pub id: RequestId,
    html: bool,
    languages: Languages,
}

impl Asked {
    /// Reads it from the request that is named `id`; whoever learns of another wish for a language adds it to the request's.
    pub fn of(request: &mut Request, id: RequestId) -> Self {
        let accepted = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
        let html = accepted.is_some_and(|accepted| accepted.contains("text/html"));
        let languages = Languages::of(request);
        request.extensions_mut().insert(languages.clone());
        Self { id, html, languages }
    }
}

/// The answer itself; in place of a failure what it looks like to whoever asked.
pub fn answer_failure(
    pages: &dyn PageSource,
    random: &dyn Random,
    asked: &Asked,
    response: Response,
) -> Response {
    let Some(Carried(failure)) = response.extensions().get::<Carried>().cloned() else {
        return response;
    };
    log(&failure);
    let html = failure.face == Face::Page || (failure.face == Face::ByRequest && asked.html);
    if html { draw(pages, random, &failure, asked) } else { response }
}

fn draw(pages: &dyn PageSource, random: &dyn Random, failure: &Failure, asked: &Asked) -> Response {
    let nonce = Nonce::generate(random);
    let page = ErrorPage {
        status: failure.status.as_u16(),
        text: failure.text,
        values: &failure.values,
        request_id: asked.id.as_str(),
        languages: &asked.languages,
        nonce: &nonce,
    };
    let html = catch_unwind(AssertUnwindSafe(|| pages.error_page(&page)));
    let html = html.unwrap_or_else(|_| bare_page(page.status, page.request_id));
    let mut response = page_response(failure.status, html, &nonce, &PagePolicy::default());
    failure.add_headers(&mut response);
    response
}

/// For the moment when even the pages fail. Holds only what we made ourselves.
fn bare_page(status: u16, id: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><title>Error {status}</title><h1>Error {status}</h1><p>Request {id}</p></html>"
    )
}

fn log(failure: &Failure) {
    let (status, text, error, detail) =
        (failure.status.as_u16(), failure.text, failure.error, &failure.detail);
    if failure.status.is_server_error() {
        tracing::error!(status, text, error, detail, "failed");
    } else {
        tracing::info!(status, text, error, detail, "refused");
    }
}
