//! The mailbox for people, and for programs that ask for JSON. The HTML of a mail stands in a frame that may do nothing.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use time::format_description::well_known::Rfc3339;
use url::Url;

use super::{Inbox, Received};
use crate::foundation::Timestamp;
use crate::pages::demo_pages::{DemoInbox, DemoMail};
use crate::web::{Failure, PagePolicy, Query, Visitor};

/// What a mail's HTML may do: show itself.
const HARMLESS: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; \
                        form-action 'none'; frame-ancestors 'self'";

/// `GET /`: all mails, newest first. JSON with `?format=json` or where the caller prefers it to HTML.
pub async fn list(
    State(inbox): State<Arc<Inbox>>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, Failure> {
    let mails = inbox.mails();
    if query.get("format")? == Some("json") || wants_json(&visitor) {
        let body = json!({ "mails": mails }).to_string();
        return Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response());
    }
    let page = DemoInbox {
        provider: inbox.provider.clone(),
        mails: mails.iter().map(|mail| inbox.shown(mail)).collect(),
    };
    let own = Url::parse(inbox.web.site.issuer()).map_err(Failure::internal)?;
    let policy = PagePolicy::default().with_frames([&own]);
    Ok(inbox.web.page(&visitor, StatusCode::OK, &page, &policy))
}

/// `GET /mails/{id}/html`: the HTML part, for the frame.
pub async fn html(State(inbox): State<Arc<Inbox>>, Path(id): Path<u64>) -> Result<Response, Failure> {
    let mail = inbox.mail(id).ok_or_else(Failure::not_found)?;
    let mut response = mail.html.into_response();
    let headers = response.headers_mut();
    let own = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, HARMLESS),
        (HeaderName::from_static("x-frame-options"), "SAMEORIGIN"),
    ];
    headers.extend(own.map(|(name, value)| (name, HeaderValue::from_static(value))));
    Ok(response)
}

fn wants_json(visitor: &Visitor) -> bool {
    let accepted =
        visitor.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.contains("application/json") && !accepted.contains("text/html")
}

impl Inbox {
    fn shown(&self, mail: &Received) -> DemoMail {
        let links =
            mail.text.split_whitespace().filter(|word| word.starts_with(&format!("{}/", self.provider)));
        DemoMail {
            id: mail.id,
            subject: mail.subject.clone(),
            from: mail.from.clone(),
            to: mail.to.clone(),
            received_at: for_people(mail.received_at),
            text: mail.text.clone(),
            links: links.map(str::to_owned).collect(),
            html: format!("/mails/{}/html", mail.id),
        }
    }
}

fn for_people(at: Timestamp) -> String {
    let moment = time::OffsetDateTime::from_unix_timestamp(at.seconds()).ok();
    moment.and_then(|moment| moment.format(&Rfc3339).ok()).unwrap_or_default()
}
