//! One audit event for each request refused on our own page, and for each client that is none, without letting strangers fill the trail: twenty a minute for
//! each address class, then one counting event a minute (outcome code `P400`).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Oidc;
use crate::audit::{Action, Outcome};
use crate::limits::{AddressClass, RateLimit};
use crate::storage::{Batch, Key, Record};
use crate::web::failure::Face;
use crate::web::{Failure, Visitor};

const MINUTE: Duration = Duration::from_secs(60);
const EVENTS: RateLimit = RateLimit {
    name: "refusal-event",
    bound: 20,
    window: MINUTE,
};

/// That the counting event of this minute was written.
#[derive(Serialize, Deserialize)]
struct Counted {}

impl Record for Counted {}

impl Oidc {
    /// Writes the event of `failure`, and hands it on. Trouble with the trail is logged and changes nothing for the person:
    /// it was a refusal already.
    pub(super) async fn refused(&self, visitor: &Visitor, failure: Failure) -> Failure {
        let reason = if failure.face == Face::OAuth {
            failure.error
        } else {
            failure.text
        };
        if failure.status.is_client_error()
            && let Err(error) = self.write_refusal(visitor, reason).await
        {
            tracing::error!(%error, "the audit event of a refusal was not written");
        }
        failure
    }

    async fn write_refusal(
        &self,
        visitor: &Visitor,
        reason: &'static str,
    ) -> Result<(), crate::storage::StorageError> {
        let (class, now) = (AddressClass::of(Some(visitor.address)), self.clock.now());
        let event = |word| {
            self.trail
                .event(Action::RequestRefused, Outcome::Failure, &visitor.origin())
                .because(word)
        };
        let mut batch = Batch::new();
        EVENTS.count(&class, now, &mut batch);
        event(reason).write(&mut batch);
        if self.store.commit(batch).await?.is_done() {
            return Ok(());
        }
        let counted = Key::new(
            "refusals-counted",
            &[class.as_str(), &now.0.div_euclid(60_000).to_string()],
        );
        let mut batch = Batch::new();
        batch
            .require_absent(counted.clone())
            .put(counted, &Counted {}, Some(now.plus(MINUTE)));
        event("more_than_20_refusals_a_minute").write(&mut batch);
        self.store.commit(batch).await.map(|_| ())
    }
}
