//! Proving a key (WebAuthn Level 3 section 7.2): as second factor of a known person, or by itself.

use async_trait::async_trait;
use webauthn_rs_core::proto::{
    AuthenticationResult, AuthenticationState, PublicKeyCredential, UserVerificationPolicy,
};

use super::registration::{ceremony, handle};
use super::relying_party::{Wrong, read};
use super::store::{
    Begun, EnrolledKey, EnrolledKeys, Owner, Passwordless, Purpose, SecondFactor, begun, begun_key, keys_key,
    keys_of, owner_key,
};
use super::{KeyKind, OPEN_FOR, Passkeys};
use crate::audit::{self, Action, Actor, Origin};
use crate::factors::totp::FAILURES_TOLD;
use crate::factors::{
    Answer, Challenge, Enrolled, Evidence, Factor, FactorError, FactorKind, KeyProof, Occasion, Verdict,
};
use crate::foundation::ids::{CredentialId, JourneyId, UserId};
use crate::limits::{AuthenticatorLockout, CountedProof};
use crate::pages::mails::Notice;
use crate::storage::{Batch, Key, Outcome, Stored};

/// A challenge that is answered now: where it stands, and what it demands.
struct Open {
    place: Key,
    revision: u64,
    state: AuthenticationState,
}

/// The signature a key has given, and the record of the key as it is now.
struct Claim {
    answer: PublicKeyCredential,
    keys: Stored<EnrolledKeys>,
    key: EnrolledKey,
}

impl Passkeys {
    /// Asks a known person for one of their keys: what the page's script gives to `navigator.credentials.get`, as JSON.
    /// `None` where there is no key that may be used.
    pub async fn ask(&self, occasion: &Occasion) -> Result<Option<String>, FactorError> {
        let own = self.list(&occasion.user).await?;
        let own = own.into_iter().filter(|key| key.is_usable(self.bound_to()));
        let usable: Vec<_> = own.map(|key| key.credential).collect();
        if usable.is_empty() {
            return Ok(None);
        }
        let core = &self.party()?.core;
        let builder =
            core.new_challenge_authenticate_builder(usable, Some(UserVerificationPolicy::Preferred));
        let (options, mut state) =
            builder.and_then(|builder| core.generate_challenge_authenticate(builder)).map_err(ceremony)?;
        // An answer is compared with the keys as they are then, not as they are now.
        state.set_allowed_credentials(Vec::new());
        let begun = Begun(SecondFactor { user: occasion.user.clone(), state });
        self.keep(&occasion.journey, &begun).await?;
        as_json(&options.public_key).map(Some)
    }

    /// Asks whoever it is for a passkey (R-WA-09: the question names nobody). As JSON, like [`Self::ask`].
    pub async fn ask_anybody(&self, journey: &JourneyId) -> Result<String, FactorError> {
        let core = &self.party()?.core;
        let required = Some(UserVerificationPolicy::Required);
        let builder = core.new_challenge_authenticate_builder(Vec::new(), required);
        let (options, state) =
            builder.and_then(|builder| core.generate_challenge_authenticate(builder)).map_err(ceremony)?;
        self.keep(journey, &Begun(Passwordless { state })).await?;
        as_json(&options.public_key)
    }

    async fn keep<P: Purpose>(&self, journey: &JourneyId, begun: &Begun<P>) -> Result<(), FactorError> {
        let mut batch = Batch::new();
        batch.put(begun_key::<P>(journey), begun, Some(self.clock.now().plus(OPEN_FOR)));
        self.store.commit(batch).await?;
        Ok(())
    }

    /// Judges the answer to [`Self::ask`]. An accepted one counts once `batch` is committed; every other spends the challenge
    /// at once.
    pub async fn prove_into(
        &self,
        batch: &mut Batch,
        occasion: &Occasion,
        answer: &str,
    ) -> Result<Verdict, FactorError> {
        let found = begun::<SecondFactor>(&self.store, &occasion.journey).await?;
        let Some(found) = found.filter(|found| found.value.0.user == occasion.user) else {
            return self.turn_away(Some(&occasion.user), &occasion.origin, None).await;
        };
        let place = begun_key::<SecondFactor>(&occasion.journey);
        let open = Open { place, revision: found.revision, state: found.value.0.state };
        match self.claim(&occasion.user, answer).await? {
            Some(claim) => self.judge(batch, occasion, open, claim).await,
            None => self.turn_away(Some(&occasion.user), &occasion.origin, Some(open)).await,
        }
    }

    /// Judges the answer to [`Self::ask_anybody`]: who it is, the key alone says; where the journey knows a person already, it
    /// must be that one (R-WA-04).
    pub async fn recognise_into(
        &self,
        batch: &mut Batch,
        journey: &JourneyId,
        known: Option<&UserId>,
        answer: &str,
        origin: &Origin,
    ) -> Result<Verdict, FactorError> {
        let Some(found) = begun::<Passwordless>(&self.store, journey).await? else {
            return self.turn_away(known, origin, None).await;
        };
        let place = begun_key::<Passwordless>(journey);
        let open = Open { place, revision: found.revision, state: found.value.0.state };
        let user = self.owner(answer).await?.filter(|user| known.is_none_or(|known| known == user));
        let Some(user) = user else { return self.turn_away(known, origin, Some(open)).await };
        let claim = self.claim(&user, answer).await?;
        let named = |claim: &Claim| claim.answer.response.user_handle.is_some();
        let Some(claim) = claim.filter(|claim| claim.key.kind == KeyKind::Passkey && named(claim)) else {
            return self.turn_away(Some(&user), origin, Some(open)).await;
        };
        let occasion = Occasion { user, journey: journey.clone(), origin: origin.clone() };
        self.judge(batch, &occasion, open, claim).await
    }

    async fn owner(&self, answer: &str) -> Result<Option<UserId>, FactorError> {
        let Some(answer) = read(answer) else { return Ok(None) };
        let owner = self.store.fetch::<Owner>(&owner_key(&answer.raw_id)).await?;
        Ok(owner.map(|owner| owner.value.user))
    }

    /// The key of `user` that `answer` says it comes from. A user handle must be that of the same person (R-WA-04).
    async fn claim(&self, user: &UserId, answer: &str) -> Result<Option<Claim>, FactorError> {
        let (Some(answer), Some(keys)) = (read(answer), keys_of(&self.store, user).await?) else {
            return Ok(None);
        };
        let own = handle(user)?;
        if answer.response.user_handle.as_ref().is_some_and(|handle| handle != own.as_bytes()) {
            return Ok(None);
        }
        let key = keys.value.list.iter().find(|key| key.credential.cred_id == answer.raw_id).cloned();
        Ok(key.map(|key| Claim { answer, keys, key }))
    }

    async fn judge(
        &self,
        batch: &mut Batch,
        occasion: &Occasion,
        open: Open,
        claim: Claim,
    ) -> Result<Verdict, FactorError> {
        let party = self.party()?;
        if !claim.key.is_usable(self.bound_to()) {
            let _rejected = self.turn_away(Some(&occasion.user), &occasion.origin, Some(open)).await?;
            return Ok(Verdict::Disabled);
        }
        let counted = match self.lockout.count(&claim.key.id).await? {
            Ok(counted) => counted,
            // Not looked at, so the challenge stands: the same answer, sent twice at once, may be about to be accepted.
            Err(blocked) => {
                let _rejected = self.turn_away(Some(&occasion.user), &occasion.origin, None).await?;
                return Ok(blocked.into());
            }
        };
        match party.signed(&open.state, &claim.answer, &claim.key.credential) {
            Ok(signed) => Ok(self.accept(batch, occasion, open, claim, &signed)),
            Err(Wrong::Copied) => self.lock(occasion, open, &claim.key.id).await,
            Err(Wrong::Unfit) => self.reject(occasion, open, &counted).await,
        }
    }

    fn accept(
        &self,
        batch: &mut Batch,
        occasion: &Occasion,
        open: Open,
        claim: Claim,
        signed: &AuthenticationResult,
    ) -> Verdict {
        let (now, id, place) = (self.clock.now(), claim.key.id, keys_key(&occasion.user));
        let mut keys = claim.keys.value;
        for key in keys.list.iter_mut().filter(|key| key.id == id) {
            key.credential.counter = signed.counter();
            key.credential.backup_state = signed.backup_state();
            key.last_used = Some(now);
        }
        batch.require_revision(open.place.clone(), open.revision).delete(open.place);
        batch.require_revision(place.clone(), claim.keys.revision).put(place, &keys, None);
        AuthenticatorLockout::succeeded(&id, batch);
        let event = self.trail.event(Action::FactorCheck, audit::Outcome::Success, &occasion.origin);
        event.about(&occasion.user).credential(&id).because("passkey").write(batch);
        let proof = KeyProof {
            user_verified: signed.user_verified(),
            backup_eligible: signed.backup_eligible(),
            attested: false,
        };
        Verdict::Accepted(Box::new(Evidence::of_key(id, proof, now, occasion)))
    }

    /// Leaves a counted try counted. At so many failures in a row the person is told (R-MF-11).
    async fn reject(
        &self,
        occasion: &Occasion,
        open: Open,
        counted: &CountedProof,
    ) -> Result<Verdict, FactorError> {
        let mut batch = Batch::new();
        batch.delete(open.place);
        let event = self.trail.event(Action::FactorCheck, audit::Outcome::Failure, &occasion.origin);
        let event = event.about(&occasion.user).credential(counted.credential());
        event.because("passkey").write(&mut batch);
        if counted.failures() == FAILURES_TOLD {
            let notice = Notice::SecondFactorFailing { count: FAILURES_TOLD };
            self.notices.tell(&mut batch, &occasion.user, notice, &occasion.origin).await?;
        }
        self.store.commit(batch).await?;
        Ok(Verdict::Rejected)
    }

    /// The key's counter did not rise: there are two of it, and nobody knows which one is its owner's (R-WA-06). Where the
    /// challenge was spent meanwhile, it was the same answer, sent twice.
    async fn lock(
        &self,
        occasion: &Occasion,
        open: Open,
        which: &CredentialId,
    ) -> Result<Verdict, FactorError> {
        loop {
            let mut batch = Batch::new();
            batch.require_revision(open.place.clone(), open.revision).delete(open.place.clone());
            if let Some(mut keys) = keys_of(&self.store, &occasion.user).await? {
                let place = keys_key(&occasion.user);
                for key in keys.value.list.iter_mut().filter(|key| key.id == *which && !key.locked) {
                    key.locked = true;
                    let event =
                        self.trail.event(Action::FactorLocked, audit::Outcome::Success, &occasion.origin);
                    let event = event.by(Actor::System).about(&occasion.user).credential(which);
                    event.because("counter").write(&mut batch);
                    let notice = Notice::PasskeyLocked { factor: key.name.clone() };
                    self.notices.tell(&mut batch, &occasion.user, notice, &occasion.origin).await?;
                }
                batch.require_revision(place.clone(), keys.revision).put(place, &keys.value, None);
            }
            match self.store.commit(batch).await? {
                Outcome::Done(_) => return Ok(Verdict::Disabled),
                Outcome::Refused(0) => return Ok(Verdict::Rejected),
                Outcome::Refused(_) => {}
            }
        }
    }

    /// Spends the challenge, if one is open, without a try of any key. No limit counts this, so the trail tells of it only so
    /// often.
    async fn turn_away(
        &self,
        user: Option<&UserId>,
        origin: &Origin,
        open: Option<Open>,
    ) -> Result<Verdict, FactorError> {
        if let Some(open) = open {
            let mut batch = Batch::new();
            batch.delete(open.place);
            self.store.commit(batch).await?;
        }
        let mut event =
            self.trail.event(Action::FactorCheck, audit::Outcome::Failure, origin).because("passkey");
        if let Some(user) = user {
            event = event.about(user);
        }
        event.write_bounded(&self.store).await?;
        Ok(Verdict::Rejected)
    }
}

fn as_json(options: &impl serde::Serialize) -> Result<String, FactorError> {
    serde_json::to_string(options).map_err(|error| FactorError::Ceremony(error.to_string()))
}

#[async_trait]
impl Factor for Passkeys {
    fn kind(&self) -> FactorKind {
        FactorKind::Passkey
    }

    async fn enrolled(&self, user: &UserId) -> Result<Vec<Enrolled>, FactorError> {
        Ok(self.list(user).await?.into_iter().map(|key| key.shown(self.bound_to())).collect())
    }

    async fn begin(&self, occasion: &Occasion) -> Result<Challenge, FactorError> {
        let options = self.ask(occasion).await?.ok_or(FactorError::NotBegun)?;
        Ok(Challenge::Key { options })
    }

    async fn verify(&self, occasion: &Occasion, answer: &Answer) -> Result<Verdict, FactorError> {
        let Answer::Key(answer) = answer else { return Ok(Verdict::Rejected) };
        let mut batch = Batch::new();
        let verdict = self.prove_into(&mut batch, occasion, answer).await?;
        let stands = self.store.commit(batch).await?.is_done();
        Ok(if stands { verdict } else { Verdict::Rejected })
    }
}
