//! The pages of a signed-in browser, and the way to sign in.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::authorize::Start;
use super::session::AppSession;
use super::{Application, logout, routes};
use crate::foundation::secret::{Plain, SessionSecret};
use crate::pages::demo_pages::{DemoHome, DemoSignedOut};
use crate::web::{Failure, PagePolicy, Visitor};

/// `GET /`: who is signed in; a stranger is sent to the provider.
pub async fn home(
    State(application): State<Arc<Application>>,
    visitor: Visitor,
) -> Result<Response, Failure> {
    match application.session(&visitor) {
        Some((secret, session)) => Ok(application.home_page(&visitor, &secret, &session).await),
        None => application.start(&visitor, Start { destination: "/".to_owned(), ..Start::default() }).await,
    }
}

/// `GET /login`: the application's own login page, with the provider's button.
pub async fn login(State(application): State<Arc<Application>>, visitor: Visitor) -> Response {
    let page = DemoSignedOut { application: application.shown(), log_in: routes::EXTERNAL_LOGIN.to_owned() };
    application.web.page(&visitor, StatusCode::OK, &page, &PagePolicy::default())
}

/// `GET /forbidden`: a page that this person may not see. The real applications then start a sign-in anew, with
/// `prompt=login`, since the session was made by single sign-on.
pub async fn forbidden(
    State(application): State<Arc<Application>>,
    visitor: Visitor,
) -> Result<Response, Failure> {
    let start = Start {
        destination: "/".to_owned(),
        login_hint: None,
        signed_in: application.session(&visitor).is_some(),
    };
    application.start(&visitor, start).await
}

impl Application {
    async fn home_page(
        &self,
        visitor: &Visitor,
        secret: &Plain<SessionSecret>,
        session: &AppSession,
    ) -> Response {
        let provisioned = &session.provisioned;
        let page = DemoHome {
            application: self.shown(),
            name: provisioned.display_name.clone(),
            username: session.username.clone(),
            email: provisioned.email.clone(),
            groups: provisioned.groups.clone(),
            claims: session.claims.clone(),
            signature_fault: session.signature_fault.clone(),
            forbidden: routes::FORBIDDEN.to_owned(),
            log_out: self.web.form(secret, logout::PURPOSE, routes::LOGOUT.to_owned()),
            sign_out_everywhere: self.sign_out_everywhere(session).await,
        };
        self.web.page(visitor, StatusCode::OK, &page, &PagePolicy::default())
    }
}
