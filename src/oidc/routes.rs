//! The provider's paths, and nothing else.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use axum::routing::{get, post};

use super::{Oidc, authorize, discovery, jwks, logout, paths, token, userinfo};
use crate::pages::Language;

/// Seconds others may keep the discovery document.
const DISCOVERY_MAX_AGE: u32 = 300;

/// All endpoints.
pub fn routes(oidc: Arc<Oidc>) -> Router {
    let slashed = |path: &str| format!("/{path}");
    Router::new()
        .route(paths::OPENID_CONFIGURATION, get(discovery))
        .route(paths::AUTHORIZATION_SERVER_METADATA, get(discovery))
        .route(&slashed(paths::OPENID_CONFIGURATION), get(discovery_of_wrong_issuer))
        .route(&slashed(paths::AUTHORIZATION_SERVER_METADATA), get(discovery_of_wrong_issuer))
        .route(paths::JWKS, get(jwks::jwks))
        .route(paths::AUTHORIZE, get(authorize::by_get).post(authorize::by_post))
        .route(&format!("{}/{{journey}}", paths::RESUME), get(authorize::resume))
        .route(paths::TOKEN, post(token::token))
        .route(paths::USERINFO, get(userinfo::userinfo).post(userinfo::userinfo))
        .route(paths::END_SESSION, get(logout::end_session::by_get).post(logout::end_session::by_post))
        .route(paths::CONFIRM_SIGN_OUT, post(logout::end_session::confirmed))
        .route(&format!("{}/{{logout}}", paths::LOGOUT_STATUS), get(logout::front_channel::status))
        .with_state(oidc)
}

async fn discovery(State(oidc): State<Arc<Oidc>>) -> Response {
    let languages = oidc.web.pages.languages();
    let languages: Vec<_> = languages.iter().map(Language::tag).collect();
    jwks::public_json(&discovery::document(&oidc.site, &languages), DISCOVERY_MAX_AGE)
}

/// An application that was given the issuer with a slash at its end asks here. It gets the one document, whose issuer has
/// none, and the administrator a line in the log, because the application will compare and refuse.
async fn discovery_of_wrong_issuer(state: State<Arc<Oidc>>, uri: Uri) -> Response {
    let (asked, issuer) = (uri.path(), state.site.issuer());
    tracing::warn!(
        asked,
        issuer,
        "an application was configured with a slash at the end of the issuer; remove it there"
    );
    discovery(state).await
}
