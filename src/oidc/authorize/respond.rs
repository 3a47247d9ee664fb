//! Answers to the client: in the redirect URI's query or as a form that the browser posts, always with `iss` (RFC 9207).

use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use url::Url;

use super::code::Answers;
use super::request::{Fault, ReturnAddress};
use crate::pages::hand_over_pages::{Field, FormPostPage, HandOverPage};
use crate::vocabulary::ResponseMode;
use crate::web::{Failure, PagePolicy, Visitor, see_other};

/// Whether the browser comes straight from a form of ours: then it is handed over by a page, because browsers apply our
/// `form-action` to every redirect that follows a form (R-TR-08).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arrival {
    /// By a link or redirect.
    #[default]
    Direct,
    /// At the end of a form.
    AfterForm,
}

/// What is answered.
pub(super) type Answer = Vec<(&'static str, String)>;

impl Answers {
    /// `R(error)`: the error at the client, with its untouched `state`.
    pub(super) fn refuse(
        &self,
        visitor: &Visitor,
        back: &ReturnAddress,
        fault: Fault,
        arrival: Arrival,
    ) -> Result<Response, Failure> {
        tracing::info!(
            client = back.client.as_str(),
            error = fault.code.as_str(),
            fault.description,
            "authorize refused"
        );
        let answer = vec![
            ("error", fault.code.as_str().to_owned()),
            ("error_description", fault.description.to_owned()),
        ];
        self.answer(visitor, back, answer, arrival)
    }

    pub(super) fn answer(
        &self,
        visitor: &Visitor,
        back: &ReturnAddress,
        mut answer: Answer,
        arrival: Arrival,
    ) -> Result<Response, Failure> {
        answer.extend(back.state.clone().map(|state| ("state", state)));
        answer.push(("iss", self.web.site.issuer().to_owned()));
        match back.response_mode {
            ResponseMode::FormPost => self.form_post(visitor, back, answer),
            ResponseMode::Query => self.go_on(visitor, with_query(&back.redirect_uri, &answer), arrival),
        }
    }

    /// Sends the browser to `target`, which was validated.
    pub(in crate::oidc) fn go_on(
        &self,
        visitor: &Visitor,
        target: String,
        arrival: Arrival,
    ) -> Result<Response, Failure> {
        if arrival == Arrival::Direct {
            return see_other(&target);
        }
        let page = HandOverPage { target, application: None };
        Ok(self.web.page(visitor, StatusCode::OK, &page, &PagePolicy::default()))
    }

    fn form_post(
        &self,
        visitor: &Visitor,
        back: &ReturnAddress,
        answer: Answer,
    ) -> Result<Response, Failure> {
        let uri = Url::parse(&back.redirect_uri).map_err(Failure::internal)?;
        let field = |(name, value): (&str, String)| Field { name: name.to_owned(), value };
        let page = FormPostPage {
            target: back.redirect_uri.clone(),
            fields: answer.into_iter().map(field).collect(),
            application: None,
        };
        let policy = PagePolicy::default().with_form_target(&uri);
        Ok(self.web.page(visitor, StatusCode::OK, &page, &policy))
    }
}

/// The registered URI to the byte, its own query kept, the answer behind it.
pub fn with_query(uri: &str, answer: &[(&'static str, String)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(answer).finish();
    match (query.is_empty(), uri.split_once('?')) {
        (true, _) => uri.to_owned(),
        (false, None) => format!("{uri}?{query}"),
        (false, Some((_, ""))) => format!("{uri}{query}"),
        (false, Some(_)) => format!("{uri}&{query}"),
    }
}
