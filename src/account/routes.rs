//! The paths of self-service, and nothing else.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use super::{Accounts, home};

/// All paths of self-service.
pub fn routes(accounts: Arc<Accounts>) -> Router {
    Router::new()
        .route("/", get(home::home))
        .route("/signed-in/{journey}", get(home::signed_in))
        .with_state(accounts)
}
