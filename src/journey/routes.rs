//! The paths of the journey, and nothing else.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};

use super::Journeys;
use super::stage::Demands;
use crate::web::{Failure, Form, Visitor, see_other};

type Answer = Result<Response, Failure>;
type Shared = State<Arc<Journeys>>;

macro_rules! step {
    ($journeys:ident . $method:ident) => {
        post(
            |State(journeys): Shared, visitor: Visitor, Path(id): Path<String>, Form(form): Form| async move {
                journeys.$method(visitor, &id, &form).await
            },
        )
    };
}

/// All paths of a journey.
pub fn routes(journeys: Arc<Journeys>) -> Router {
    Router::new()
        .route("/sign-in", get(begin_home))
        .route("/sign-in/{journey}", get(show))
        .route("/sign-in/{journey}/account", step!(journeys.choose_account))
        .route("/sign-in/{journey}/password", step!(journeys.check_password))
        .route("/sign-in/{journey}/second-factor", step!(journeys.check_code))
        .route("/sign-in/{journey}/mail-code", step!(journeys.check_mail_code))
        .route("/sign-in/{journey}/passkey", step!(journeys.check_key))
        .route("/sign-in/{journey}/passkey/options", step!(journeys.key_options))
        .route("/sign-in/{journey}/passwordless", step!(journeys.take_passkey))
        .route("/sign-in/{journey}/passwordless/options", step!(journeys.passwordless_options))
        .route("/sign-in/{journey}/passkey-offer", step!(journeys.answer_passkey_offer))
        .route("/sign-in/{journey}/passkey-offer/options", step!(journeys.passkey_offer_options))
        .route("/sign-in/{journey}/new-key", step!(journeys.confirm_new_key))
        .route("/sign-in/{journey}/new-key/options", step!(journeys.new_key_options))
        .route(
            "/sign-in/{journey}/recovery-code",
            step!(journeys.check_recovery_code).get(show_recovery_code),
        )
        .route("/sign-in/{journey}/lost-factor", step!(journeys.leave_lost_factor).get(show_lost_factor))
        .route("/sign-in/{journey}/new-password", step!(journeys.set_password))
        .route("/sign-in/{journey}/enrolment", step!(journeys.confirm_enrolment))
        .route("/sign-in/{journey}/recovery-codes", step!(journeys.codes_saved))
        .route("/sign-in/{journey}/consent", step!(journeys.answer_consent))
        .route("/invitation/{invitation}", get(show_invitation).post(accept_invitation))
        .route("/set-up/{link}", get(show_set_up).post(accept_set_up))
        .with_state(journeys)
}

async fn begin_home(State(journeys): Shared, visitor: Visitor) -> Answer {
    let beginning = journeys.consider(&visitor, Demands::default(), super::invitation::home()).await?;
    match beginning.next {
        super::Next::Arrive(_) => see_other("/"),
        _ => journeys.begin(&visitor, beginning).await,
    }
}

async fn show(State(journeys): Shared, visitor: Visitor, Path(id): Path<String>) -> Answer {
    journeys.show(visitor, &id).await
}

async fn show_recovery_code(State(journeys): Shared, visitor: Visitor, Path(id): Path<String>) -> Answer {
    journeys.show_recovery_code(visitor, &id).await
}

async fn show_lost_factor(State(journeys): Shared, visitor: Visitor, Path(id): Path<String>) -> Answer {
    journeys.show_lost_factor(visitor, &id).await
}

async fn show_invitation(State(journeys): Shared, visitor: Visitor, Path(link): Path<String>) -> Answer {
    journeys.invitation_page(&visitor, &link).await
}

async fn accept_invitation(
    State(journeys): Shared,
    visitor: Visitor,
    Path(link): Path<String>,
    Form(form): Form,
) -> Answer {
    journeys.accept_invitation(&visitor, &link, &form).await
}

async fn show_set_up(State(journeys): Shared, visitor: Visitor, Path(link): Path<String>) -> Answer {
    journeys.set_up_page(&visitor, &link).await
}

async fn accept_set_up(
    State(journeys): Shared,
    visitor: Visitor,
    Path(link): Path<String>,
    Form(form): Form,
) -> Answer {
    journeys.accept_set_up(&visitor, &link, &form).await
}
