//! Signing out: of this application alone, as the real ones do; of everything, through the provider; and when the provider
//! says so, in a frame (OpenID Connect Front-Channel Logout 1.0 section 2).

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use url::Url;

use super::authorize::redirect;
use super::cookie::{self, Purpose};
use super::session::AppSession;
use super::{Application, routes};
use crate::pages::demo_pages::DemoLoggedOut;
use crate::web::{Failure, Form, PagePolicy, Query, Visitor, csrf};

/// What the log-out form's token is bound to.
pub(super) const PURPOSE: &str = "demo-logout";

/// `POST /logout`: ends the application's session only, then shows the page of every product.
pub async fn local(
    State(application): State<Arc<Application>>,
    visitor: Visitor,
    Form(form): Form,
) -> Result<Response, Failure> {
    if let Some((secret, _)) = application.session(&visitor) {
        application.web.check_form(&visitor, &secret, PURPOSE, form.get(csrf::FIELD)?)?;
        application.sessions.remove(&secret);
    }
    let mut response = redirect(routes::SSO_LOGOUT)?;
    let gone = cookie::remove(Purpose::Session, application.port())?;
    response.headers_mut().append(header::SET_COOKIE, gone);
    Ok(response)
}

/// `GET /plugins/servlet/sso-logout`: a static page. With `everywhere` the browser comes back from the provider.
pub async fn logged_out(
    State(application): State<Arc<Application>>,
    visitor: Visitor,
    Query(parameters): Query,
) -> Result<Response, Failure> {
    let page = DemoLoggedOut {
        application: application.shown(),
        log_in: routes::EXTERNAL_LOGIN.to_owned(),
        everywhere: parameters.get("everywhere")?.is_some(),
    };
    Ok(application.web.page(&visitor, StatusCode::OK, &page, &PagePolicy::default()))
}

/// `GET /frontchannel_logout`: `iss` and `sid` must both be given, and name a session that came from there. The session is
/// found by its `sid`, so it ends even where the browser withholds cookies in frames.
pub async fn front_channel(
    State(application): State<Arc<Application>>,
    Query(parameters): Query,
) -> Result<Response, Failure> {
    let configured = &application.configuration.issuer;
    let status = match (parameters.get("iss")?, parameters.get("sid")?) {
        (Some(issuer), Some(sid)) if issuer == configured => {
            application.sessions.end(sid);
            StatusCode::OK
        }
        _ => StatusCode::BAD_REQUEST,
    };
    let mut response = (status, "<!doctype html><title>Signed out</title>").into_response();
    let headers = response.headers_mut();
    let policy = format!("default-src 'none'; frame-ancestors {configured}");
    let policy = HeaderValue::from_str(&policy).map_err(Failure::internal)?;
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}

impl Application {
    /// The address behind *Sign out everywhere* (OpenID Connect RP-Initiated Logout 1.0 section 2).
    pub(super) async fn sign_out_everywhere(&self, session: &AppSession) -> String {
        let provider = self.provider().await.ok();
        let address =
            provider.and_then(|provider| Url::parse(provider.end_session_endpoint.as_deref()?).ok());
        let Some(mut address) = address else {
            return self.configuration.issuer.clone();
        };
        address
            .query_pairs_mut()
            .append_pair("id_token_hint", session.id_token.expose())
            .append_pair("client_id", &self.configuration.client_id)
            .append_pair("post_logout_redirect_uri", &self.post_logout_redirect_uri());
        Url::into(address)
    }

    /// Where the browser comes back to.
    pub fn post_logout_redirect_uri(&self) -> String {
        post_logout_redirect_uri(&self.configuration.base_url)
    }
}

/// Where the browser comes back to, for the client's registration.
pub fn post_logout_redirect_uri(base_url: &str) -> String {
    format!("{base_url}{}?everywhere=yes", routes::SSO_LOGOUT)
}
