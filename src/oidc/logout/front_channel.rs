//! The status page of a sign-out: each application that can be told is loaded in a frame with `iss` and `sid`
//! (OpenID Connect Front-Channel Logout 1.0 section 3), and the page says *told*, never *ended* (R-LO-08).

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use url::Url;

use crate::clients::Client;
use crate::foundation::ids::{LogoutId, SessionId};
use crate::oidc::Oidc;
use crate::oidc::authorize::with_query;
use crate::pages::logout_pages::{SignOutLine, SignedOutPage, StatusPage};
use crate::web::{Failure, PagePolicy, Visitor};

/// `GET /logout/status/{logout}`.
pub async fn status(
    State(oidc): State<Arc<Oidc>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let Some(plan) = oidc.plan(&LogoutId::from_text(id)).await? else {
        let page = SignedOutPage { sign_in: Some("/".to_owned()) };
        return Ok(oidc.web.page(&visitor, StatusCode::OK, &page, &PagePolicy::default()));
    };
    visitor.languages.of_application(plan.languages.application.as_deref());
    visitor.languages.of_person(plan.languages.person.as_deref());
    let participants = oidc.sessions.participants(&plan.session).await?;
    let clients = oidc.clients.find_all(&participants).await?;
    let told = clients.iter().any(|client| client.frontchannel_logout_uri.is_some());
    if let (false, Some(target)) = (told, &plan.target) {
        return oidc.answers.go_on(&visitor, target.uri.clone(), plan.arrival);
    }
    let lines: Vec<_> =
        clients.iter().map(|client| line(client, oidc.site.issuer(), &plan.session)).collect();
    let frames: Vec<_> = lines.iter().filter_map(|line| Url::parse(line.frame.as_deref()?).ok()).collect();
    let page = StatusPage {
        applications: lines,
        target: plan.target.as_ref().map(|target| target.uri.clone()),
        target_name: plan.target.map(|target| target.name),
        sign_in: Some("/".to_owned()),
    };
    let policy = PagePolicy::default().with_frames(&frames);
    Ok(oidc.web.page(&visitor, StatusCode::OK, &page, &policy))
}

fn line(client: &Client, issuer: &str, session: &SessionId) -> SignOutLine {
    let answer = [("iss", issuer.to_owned()), ("sid", session.to_string())];
    SignOutLine {
        name: client.name.clone(),
        frame: client.frontchannel_logout_uri.as_ref().map(|uri| with_query(uri, &answer)),
        open: client.client_uri.clone(),
    }
}
