//! Passkeys and security keys (R-WA-01 to R-WA-10, R-EN-05, R-EN-06).

mod authentication;
mod clones;
mod management;
mod passwordless;
mod registration;

use keyward::factors::passkeys::Account;
use keyward::factors::{Evidence, Factor as _, FactorError, KeyKind, Occasion, Placement, Verdict};
use keyward::foundation::ids::{JourneyId, UserId};
use keyward::storage::Batch;

use crate::support::authenticator::SoftKey;
use crate::support::world::{ORIGIN, World, occasion, origin};

const ANN: Account<'static> = Account { name: "ann", display_name: "Ann" };

/// A person, and a key that is not enrolled yet.
async fn person() -> (World, Occasion, SoftKey) {
    let world = World::new().await;
    let ann = occasion(&world.person("ann").await.id, "j1");
    (world, ann, SoftKey::new(ORIGIN))
}

/// The same with the key enrolled as a passkey.
async fn enrolled() -> (World, Occasion, SoftKey) {
    let (world, ann, mut key) = person().await;
    world.enrol(&ann, &mut key, KeyKind::Passkey).await.evidence().unwrap();
    (world, ann, key)
}

impl World {
    async fn enrol(&self, who: &Occasion, key: &mut SoftKey, kind: KeyKind) -> Verdict {
        let options = self.passkeys.begin_enrolment(who, kind, ANN, Placement::Beside).await.unwrap();
        self.enrol_answer(who, &key.create(&options), "laptop").await.unwrap()
    }

    async fn enrol_answer(&self, who: &Occasion, answer: &str, name: &str) -> Result<Verdict, FactorError> {
        let mut batch = Batch::new();
        let verdict = self.passkeys.enrol_into(&mut batch, who, answer, name, Placement::Beside).await?;
        let stands = self.store.commit(batch).await?.is_done();
        if stands { Ok(verdict) } else { Err(FactorError::Conflict) }
    }

    /// Asks the person and has the key answer.
    async fn prove(&self, who: &Occasion, key: &mut SoftKey) -> Verdict {
        let options = self.passkeys.ask(who).await.unwrap().unwrap();
        self.prove_by(who, &key.get(&options)).await
    }

    async fn prove_by(&self, who: &Occasion, answer: &str) -> Verdict {
        self.passkeys.verify(who, &keyward::factors::Answer::Key(answer.to_owned())).await.unwrap()
    }

    /// Asks anybody and has the key answer.
    async fn recognise(&self, journey: &str, known: Option<&UserId>, key: &mut SoftKey) -> Option<Evidence> {
        let journey = JourneyId::from_text(journey);
        let options = self.passkeys.ask_anybody(&journey).await.unwrap();
        self.recognise_by(&journey, known, &key.get(&options)).await
    }

    async fn recognise_by(
        &self,
        journey: &JourneyId,
        known: Option<&UserId>,
        answer: &str,
    ) -> Option<Evidence> {
        let mut batch = Batch::new();
        let from = origin("192.0.2.1");
        let recognised = self.passkeys.recognise_into(&mut batch, journey, known, answer, &from).await;
        let evidence = recognised.unwrap().evidence()?;
        self.store.commit(batch).await.unwrap().is_done().then_some(evidence)
    }
}
