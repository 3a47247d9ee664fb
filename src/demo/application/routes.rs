//! An application's paths, those of the real products first, within its layers.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use super::super::layers::{as_pages, with_layers};
use super::{Application, callback, home, initiate_login, logout};

/// Where answers of the provider come.
pub const CALLBACK: &str = "/plugins/servlet/oidc/callback";
/// Where others start a sign-in.
pub const INITIATE_LOGIN: &str = "/plugins/servlet/oidc/initiate-login";
/// Where the button of the login page leads: the provider with the number 1.
pub const EXTERNAL_LOGIN: &str = "/plugins/servlet/external-login/1";
/// The page after a log-out.
pub const SSO_LOGOUT: &str = "/plugins/servlet/sso-logout";
/// The login page.
pub const LOGIN: &str = "/login";
/// The log-out form's target.
pub const LOGOUT: &str = "/logout";
/// A page that nobody may see.
pub const FORBIDDEN: &str = "/forbidden";
/// What the stock products lack.
pub const FRONT_CHANNEL_LOGOUT: &str = "/frontchannel_logout";

/// The whole application, ready to be served.
pub fn routes(application: Arc<Application>) -> Router {
    let web = application.web.clone();
    let pages_of_people = Router::new()
        .route("/", get(home::home))
        .route(LOGIN, get(home::login))
        .route(FORBIDDEN, get(home::forbidden))
        .route(CALLBACK, get(callback::callback))
        .route(INITIATE_LOGIN, get(initiate_login::initiate_login))
        .route(EXTERNAL_LOGIN, get(initiate_login::external_login))
        .route(SSO_LOGOUT, get(logout::logged_out))
        .route(LOGOUT, post(logout::local))
        .with_state(application.clone());
    // It stands in a frame of the provider, so it has its own policy.
    let framed =
        Router::new().route(FRONT_CHANNEL_LOGOUT, get(logout::front_channel)).with_state(application);
    with_layers(as_pages(pages_of_people, &web).merge(framed), &web)
}
