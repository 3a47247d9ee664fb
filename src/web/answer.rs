//! Turns every [`Failure`] into its answer, once, on the way out: page or JSON, log line and headers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
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

/// What drawing an answer takes.
#[derive(Clone)]
pub struct Answering {
    /// Draws the pages.
    pub pages: Arc<dyn PageSource>,
    /// Makes the nonces.
    pub random: Arc<dyn Random>,
}

/// The layer that answers failures.
pub async fn answer_failures(
    State(answering): State<Answering>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let asked = Asked::of(&request);
    request.extensions_mut().insert(asked.languages.clone());
    let response = next.run(request).await;
    let Some(Carried(failure)) = response.extensions().get::<Carried>().cloned() else {
        return response;
    };
    log(&failure);
    let html = failure.face == Face::Page || (failure.face == Face::ByRequest && asked.html);
    if html { draw(&answering, &failure, id.as_ref(), &asked) } else { response }
}

struct Asked {
    html: bool,
    languages: Languages,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let accepted = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
        let html = accepted.is_some_and(|accepted| accepted.contains("text/html"));
        Self { html, languages: Languages::of(request) }
    }
}

fn draw(answering: &Answering, failure: &Failure, id: Option<&RequestId>, asked: &Asked) -> Response {
    let nonce = Nonce::generate(answering.random.as_ref());
    let page = ErrorPage {
        status: failure.status.as_u16(),
        text: failure.text,
        values: &failure.values,
        request_id: id.map_or("", RequestId::as_str),
        languages: &asked.languages,
        nonce: &nonce,
    };
    let html = catch_unwind(AssertUnwindSafe(|| answering.pages.error_page(&page)));
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
