//! The paths of self-service, and nothing else.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};

use super::{Accounts, forgotten, home, portal};
use crate::web::{Form, Visitor};

type Shared = State<Arc<Accounts>>;

/// A page, and what its form does.
macro_rules! page {
    ($show:ident) => {
        get(|State(accounts): Shared, visitor: Visitor| async move { accounts.$show(visitor).await })
    };
    ($show:ident, $change:ident) => {
        page!($show).post(|State(accounts): Shared, visitor: Visitor, Form(form): Form| async move {
            accounts.$change(visitor, &form).await
        })
    };
}

/// A page behind a mailed link, and what its button does.
macro_rules! link {
    ($show:ident, $change:ident) => {
        get(|State(accounts): Shared, visitor: Visitor, Path(link): Path<String>| async move {
            accounts.$show(visitor, &link).await
        })
        .post(
            |State(accounts): Shared, visitor: Visitor, Path(link): Path<String>, Form(form): Form| async move {
                accounts.$change(visitor, &link, &form).await
            },
        )
    };
}

/// All paths of self-service.
pub fn routes(accounts: Arc<Accounts>) -> Router {
    Router::new()
        .route("/", get(home::home))
        .route("/signed-in/{journey}", get(home::signed_in))
        .route("/account", page!(overview))
        .route("/account/resume/{journey}", get(portal::resume))
        .route("/account/sessions", page!(sessions_page, end_sessions))
        .route("/account/events", page!(events_page))
        .route("/account/consents", page!(consents_page, withdraw_consent))
        .route("/account/profile", page!(profile_page, change_profile))
        .route("/account/factors", page!(factors_page, change_factor))
        .route("/account/factors/app", page!(new_app_page, add_app))
        .route("/account/factors/key", page!(new_key_page, add_key))
        .route(
            "/account/factors/key/options",
            post(|State(accounts): Shared, visitor: Visitor, Form(form): Form| async move {
                accounts.new_key_options(visitor, &form).await
            }),
        )
        .route("/account/factors/confirm", page!(confirm_person))
        .route("/account/factors/recovery-codes", page!(recovery_codes_page, change_codes))
        .route("/account/mail", page!(mail_page, ask_new_address))
        .route("/account/mail/confirm/{link}", link!(confirm_address_page, confirm_address))
        .route("/account/password", page!(change_password))
        .route("/former-address/{link}", link!(former_address_page, undo_address))
        .route(forgotten::PATH, page!(forgotten_page, ask_password_link))
        .route("/new-password/{link}", link!(new_password_page, choose_new_password))
        .with_state(accounts)
}
