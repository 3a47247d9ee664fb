//! The paths of self-service, and nothing else.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;

use super::{Accounts, home, portal};
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
        .with_state(accounts)
}
