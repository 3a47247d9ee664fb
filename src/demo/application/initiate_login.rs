//! Sign-ins started from outside (OpenID Connect Core section 4) and by the login page's button. The former drop the old
//! session, which is why they never ask for `prompt=login`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::Response;

use super::authorize::{Start, own_path, redirect};
use super::cookie::{self, Purpose};
use super::{Application, Fault, routes};
use crate::web::{Failure, Query, Visitor};

/// `GET /plugins/servlet/oidc/initiate-login`: `iss` must be the configured issuer; without one it leads to the login page.
pub async fn initiate_login(
    State(application): State<Arc<Application>>,
    visitor: Visitor,
    Query(parameters): Query,
) -> Result<Response, Failure> {
    let Some(issuer) = parameters.get("iss")? else {
        return redirect(routes::LOGIN);
    };
    let configured = &application.configuration.issuer;
    if issuer != configured {
        let fault = Fault::answer("iss", format!("iss is {issuer:?}, but {configured:?} was entered"));
        return Ok(application.fault_page(&visitor, &fault));
    }
    application.drop_session(&visitor);
    let wished = parameters.get("target_link_uri")?.unwrap_or("/");
    let start = Start {
        destination: own_path(&application.configuration.base_url, wished),
        login_hint: parameters.get("login_hint")?.map(str::to_owned),
        signed_in: false,
    };
    let mut response = application.start(&visitor, start).await?;
    let gone = cookie::remove(Purpose::Session, application.port())?;
    response.headers_mut().append(header::SET_COOKIE, gone);
    Ok(response)
}

/// `GET /plugins/servlet/external-login/1`, perhaps with `authDest`.
pub async fn external_login(
    State(application): State<Arc<Application>>,
    visitor: Visitor,
    Query(parameters): Query,
) -> Result<Response, Failure> {
    let wished = parameters.get("authDest")?.unwrap_or("/");
    let start = Start {
        destination: own_path(&application.configuration.base_url, wished),
        login_hint: None,
        signed_in: application.session(&visitor).is_some(),
    };
    application.start(&visitor, start).await
}
