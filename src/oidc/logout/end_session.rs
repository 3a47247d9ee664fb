//! The end-session endpoint (OpenID Connect RP-Initiated Logout 1.0): with a valid hint at once, without one only after the
//! person confirmed (R-LO-01). Plug-ins send neither hint nor the standard's parameter names, and are understood.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::Response;

use super::plan::Target;
use crate::clients::Client;
use crate::foundation::ids::ClientId;
use crate::keys::IdTokenHint;
use crate::oidc::Oidc;
use crate::oidc::authorize::{Arrival, with_query};
use crate::oidc::paths;
use crate::pages::logout_pages::{ConfirmPage, SignedOutPage};
use crate::sessions::StoredSession;
use crate::sessions::cookie::{self, SessionCookie};
use crate::web::{Failure, Form, PagePolicy, Parameters, Query, Visitor, cookies, csrf, see_other};

/// What form tokens of the confirmation are bound to, besides the session's secret.
pub const PURPOSE: &str = "logout";

/// More than this is not carried back as `state`.
const LONGEST_STATE: usize = 4096;

/// `GET /logout`.
pub async fn by_get(
    State(oidc): State<Arc<Oidc>>,
    visitor: Visitor,
    Query(parameters): Query,
) -> Result<Response, Failure> {
    let result = oidc.sign_out(&visitor, &parameters, Arrival::Direct).await;
    oidc.noted(&visitor, result).await
}

/// `POST /logout`: the same by form.
pub async fn by_post(
    State(oidc): State<Arc<Oidc>>,
    visitor: Visitor,
    Form(parameters): Form,
) -> Result<Response, Failure> {
    if let Some(response) = oidc.asked_again(&visitor, paths::END_SESSION, &parameters)? {
        return Ok(response);
    }
    let result = oidc.sign_out(&visitor, &parameters, Arrival::AfterForm).await;
    oidc.noted(&visitor, result).await
}

/// `POST /logout/confirm`: the person pressed the button of our own page; the wish stands in the query.
pub async fn confirmed(
    State(oidc): State<Arc<Oidc>>,
    visitor: Visitor,
    Query(wish): Query,
    Form(form): Form,
) -> Result<Response, Failure> {
    oidc.noted(&visitor, oidc.confirmed(&visitor, &wish, &form).await).await
}

/// What a request says, once checked.
struct Wish {
    hint: Option<IdTokenHint>,
    /// Whether the application that asks is known and enabled.
    known: bool,
    target: Option<Target>,
}

impl Oidc {
    async fn noted(&self, visitor: &Visitor, result: Result<Response, Failure>) -> Result<Response, Failure> {
        match result {
            Ok(response) => Ok(response),
            Err(failure) => Err(self.refused(visitor, failure).await),
        }
    }

    async fn sign_out(
        &self,
        visitor: &Visitor,
        parameters: &Parameters,
        arrival: Arrival,
    ) -> Result<Response, Failure> {
        visitor.languages.asked_in(parameters);
        if parameters.repeated().is_some() {
            return Err(Failure::page("bad_request", "logout: a parameter is repeated"));
        }
        let wish = self.wish(parameters).await?;
        let Some(session) = self.journeys.signed_in(visitor).await?.map(|live| live.session) else {
            return self.nobody_signed_in(visitor, wish, arrival);
        };
        if wish.known && wish.hint.as_ref().is_some_and(|hint| names(hint, &session)) {
            return self.end_and_tell(visitor, &session, wish.target, arrival).await;
        }
        self.ask(visitor, parameters, &session, wish.hint.is_some()).await
    }

    async fn confirmed(
        &self,
        visitor: &Visitor,
        wish: &Parameters,
        form: &Parameters,
    ) -> Result<Response, Failure> {
        let wish = self.wish(wish).await?;
        let (Some(live), Some(cookie)) =
            (self.journeys.signed_in(visitor).await?, SessionCookie::read(&visitor.cookies))
        else {
            return Ok(self.signed_out_page(visitor));
        };
        self.web.check_form(visitor, &cookie.secret, PURPOSE, form.get(csrf::FIELD)?)?;
        self.end_and_tell(visitor, &live.session, wish.target, Arrival::AfterForm).await
    }

    async fn end_and_tell(
        &self,
        visitor: &Visitor,
        session: &StoredSession,
        target: Option<Target>,
        arrival: Arrival,
    ) -> Result<Response, Failure> {
        let id = self.end_session(visitor, session, target, arrival).await?;
        let mut response = see_other(&format!("{}/{id}", paths::LOGOUT_STATUS))?;
        response.headers_mut().append(header::SET_COOKIE, cookies::remove(cookie::NAME)?);
        Ok(response)
    }

    /// Signs out in this browser, as a page of ours asks, and tells the applications that were used.
    pub(crate) async fn sign_out_here(
        &self,
        visitor: &Visitor,
        session: &StoredSession,
    ) -> Result<Response, Failure> {
        self.end_and_tell(visitor, session, None, Arrival::AfterForm).await
    }

    /// With a hint of ours, nothing is left to confirm: the browser goes on. Without one it stays on our own page (R-LO-03).
    fn nobody_signed_in(&self, visitor: &Visitor, wish: Wish, arrival: Arrival) -> Result<Response, Failure> {
        match (wish.hint, wish.target) {
            (Some(_), Some(target)) => self.answers.go_on(visitor, target.uri, arrival),
            _ => Ok(self.signed_out_page(visitor)),
        }
    }

    fn signed_out_page(&self, visitor: &Visitor) -> Response {
        let page = SignedOutPage { sign_in: Some("/".to_owned()) };
        self.web.page(visitor, StatusCode::OK, &page, &PagePolicy::default())
    }

    async fn ask(
        &self,
        visitor: &Visitor,
        parameters: &Parameters,
        session: &StoredSession,
        hint_of_another: bool,
    ) -> Result<Response, Failure> {
        let cookie = SessionCookie::read(&visitor.cookies);
        let cookie = cookie.ok_or_else(|| Failure::internal("a session without a cookie"))?;
        let user = self.users.by_id(&session.value.user).await?;
        let participants = self.sessions.participants(&session.value.id).await?;
        let clients = self.clients.find_all(&participants).await?;
        // The wish is carried by the form's address, and checked anew when it comes back.
        let kept =
            ["client_id", "post_logout_redirect_uri", "redirect_uri", "logout_uri", "state", "ui_locales"];
        let kept: Vec<_> = kept
            .into_iter()
            .filter_map(|name| parameters.get(name).ok().flatten().map(|value| (name, value.to_owned())))
            .filter(|_| !hint_of_another)
            .collect();
        let page = ConfirmPage {
            form: self.web.form(&cookie.secret, PURPOSE, with_query(paths::CONFIRM_SIGN_OUT, &kept)),
            username: user.filter(|_| !hint_of_another).map(|user| user.value.username.as_str().to_owned()),
            applications: clients.into_iter().map(|client| client.name).collect(),
            stay: "/".to_owned(),
        };
        Ok(self.web.page(visitor, StatusCode::OK, &page, &PagePolicy::default()))
    }

    async fn wish(&self, parameters: &Parameters) -> Result<Wish, Failure> {
        let hint = match parameters.get("id_token_hint")? {
            None => None,
            Some(token) => match self.keyring.verify_hint(token, self.site.issuer()) {
                Ok(hint) => Some(hint),
                Err(why) => return Err(Failure::page("bad_request", format!("logout: {why}"))),
            },
        };
        let named = parameters.get("client_id")?.map(ClientId::from_text);
        if let (Some(hint), Some(named)) = (&hint, &named)
            && hint.audience != *named
        {
            return Err(Failure::page(
                "bad_request",
                "logout: client_id is not the audience of id_token_hint",
            ));
        }
        let client = match hint.as_ref().map(|hint| hint.audience.clone()).or(named) {
            Some(id) => self.clients.find(&id).await?,
            None => None,
        };
        let target = self.post_logout_target(parameters, client.as_deref())?;
        let known = client.is_some();
        Ok(Wish { hint, known, target })
    }

    /// Exact match in that client's list, or no going on (R-LO-03); a wrong one is shown, since it is a wrong setting.
    fn post_logout_target(
        &self,
        parameters: &Parameters,
        client: Option<&Client>,
    ) -> Result<Option<Target>, Failure> {
        let aliases = client.is_some_and(|client| client.logout_aliases);
        let names: &[&str] = if aliases {
            &["post_logout_redirect_uri", "redirect_uri", "logout_uri"]
        } else {
            &["post_logout_redirect_uri"]
        };
        let mut wished = None;
        for name in names {
            wished = wished.or(parameters.get(name)?);
        }
        let (Some(wished), Some(client)) = (wished, client) else {
            return Ok(None);
        };
        if !client.admits_post_logout_redirect_uri(wished) {
            let seen: String = wished.chars().take(200).collect();
            let registered = &client.post_logout_redirect_uris;
            tracing::warn!(
                client = client.id.as_str(),
                seen,
                ?registered,
                "post_logout_redirect_uri is not registered"
            );
            let failure =
                Failure::page("unregistered_redirect", "logout: post_logout_redirect_uri not registered");
            return Err(failure.naming("application", client.name.clone()));
        }
        let state = parameters.get("state")?.filter(|state| state.len() <= LONGEST_STATE);
        let answer: Vec<_> = state.map(|state| ("state", state.to_owned())).into_iter().collect();
        Ok(Some(Target { uri: with_query(wished, &answer), name: client.name.clone() }))
    }
}

/// Whether the hint is of this very session (R-LO-02).
fn names(hint: &IdTokenHint, session: &StoredSession) -> bool {
    hint.session == session.value.id && hint.subject == session.value.user
}
