//! An audit event for a request refused on our own page, and for a client that proves to be none, without letting strangers
//! fill the trail (outcome code `P400`).

use super::Oidc;
use crate::audit::{Action, Outcome};
use crate::web::failure::Face;
use crate::web::{Failure, Visitor};

impl Oidc {
    /// Writes the event of `failure`, and hands it on. Trouble with the trail is logged and changes nothing for the person:
    /// it was a refusal already.
    pub(super) async fn refused(&self, visitor: &Visitor, failure: Failure) -> Failure {
        let reason = if failure.face == Face::OAuth { failure.error } else { failure.text };
        if failure.status.is_client_error() {
            let event = self.trail.event(Action::RequestRefused, Outcome::Failure, &visitor.origin());
            if let Err(error) = event.because(reason).write_bounded(&self.store).await {
                tracing::error!(%error, "the audit event of a refusal was not written");
            }
        }
        failure
    }
}
