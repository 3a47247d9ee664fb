//! Enrolling a key (WebAuthn Level 3 section 7.1). Whether the person may (R-EN-01, R-EN-02) is decided above.

use uuid::Uuid;
use webauthn_rs_core::error::WebauthnError;
use webauthn_rs_core::proto::{AttestationConveyancePreference, UserVerificationPolicy};

use super::store::Owner;
use super::store::{
    Begun, EnrolledKey, Enrolling, begun, begun_key, bind, bound_to, keys_key, keys_of, owner_key,
};
use super::{KeyKind, MOST, OPEN_FOR, Passkeys};
use crate::audit::{Action, Actor, Outcome};
use crate::factors::enrolment::name_of;
use crate::factors::held::hold;
use crate::factors::{Evidence, FactorError, KeyProof, Occasion, Placement, Verdict};
use crate::foundation::ids::{CredentialId, UserId};
use crate::pages::mails::Notice;
use crate::storage::{Batch, Key, Stored};

/// Under which names a key shows the account.
#[derive(Debug, Clone, Copy)]
pub struct Account<'a> {
    /// The user name.
    pub name: &'a str,
    /// The full name, or the user name.
    pub display_name: &'a str,
}

impl Passkeys {
    /// Begins to enrol a key: what the page's script gives to `navigator.credentials.create`, as JSON. What was begun before
    /// in this journey is void.
    pub async fn begin_enrolment(
        &self,
        occasion: &Occasion,
        kind: KeyKind,
        account: Account<'_>,
        placement: Placement,
    ) -> Result<String, FactorError> {
        let core = &self.party()?.core;
        let enrolled = self.list(&occasion.user).await?;
        if enrolled.len() >= MOST && placement != Placement::InPlaceOfAll {
            return Err(FactorError::TooMany(MOST));
        }
        let own = enrolled.into_iter().map(|key| key.credential.cred_id).collect();
        let handle = handle(&occasion.user)?;
        let (options, state) = core
            .new_challenge_register_builder(handle.as_bytes(), account.name, account.display_name)
            .map(|builder| {
                builder
                    .attestation(AttestationConveyancePreference::None)
                    .user_verification_policy(verification(kind))
                    .require_resident_key(kind == KeyKind::Passkey)
                    .exclude_credentials(Some(own))
            })
            .and_then(|builder| core.generate_challenge_register(builder))
            .map_err(ceremony)?;
        let begun = Begun(Enrolling { user: occasion.user.clone(), kind, state });
        let mut batch = Batch::new();
        let expires = self.clock.now().plus(OPEN_FOR);
        batch.put(begun_key::<Enrolling>(&occasion.journey), &begun, Some(expires));
        self.store.commit(batch).await?;
        serde_json::to_string(&options.public_key).map_err(|error| FactorError::Ceremony(error.to_string()))
    }

    /// Enrols the key whose browser answered `answer`, once `batch` is committed; from then on it is a factor of the person,
    /// and this its first proof. An answer that is not accepted spends the challenge too.
    pub async fn enrol_into(
        &self,
        batch: &mut Batch,
        occasion: &Occasion,
        answer: &str,
        name: &str,
        placement: Placement,
    ) -> Result<Verdict, FactorError> {
        let name = name_of(name)?;
        let place = begun_key::<Enrolling>(&occasion.journey);
        let found = begun::<Enrolling>(&self.store, &occasion.journey).await?;
        let Stored { value: Begun(enrolling), revision, .. } =
            found.filter(|found| found.value.0.user == occasion.user).ok_or(FactorError::NotBegun)?;
        let made = self.party()?.made(&enrolling.state, answer);
        let taken = match &made {
            Some(made) => self.store.get_one(&owner_key(&made.cred_id)).await?.is_some(),
            None => false,
        };
        let Some(credential) = made.filter(|_| !taken) else {
            return self.refuse_enrolment(occasion, enrolling.kind, place).await;
        };
        batch.require_revision(place.clone(), revision).delete(place);
        let proof = KeyProof {
            user_verified: credential.user_verified,
            backup_eligible: credential.backup_eligible,
            attested: false,
        };
        let now = self.clock.now();
        let id = CredentialId::generate(self.random.as_ref());
        let key = EnrolledKey {
            id: id.clone(),
            name,
            kind: enrolling.kind,
            credential,
            site: self.party()?.id().to_owned(),
            locked: false,
            enrolled_at: now,
            last_used: None,
        };
        self.activate(batch, occasion, key, placement).await?;
        Ok(Verdict::Accepted(Box::new(Evidence::of_key(id, proof, now, occasion))))
    }

    async fn refuse_enrolment(
        &self,
        occasion: &Occasion,
        kind: KeyKind,
        place: Key,
    ) -> Result<Verdict, FactorError> {
        let mut batch = Batch::new();
        batch.delete(place);
        self.store.commit(batch).await?;
        let event = self.trail.event(Action::FactorEnrolled, Outcome::Failure, &occasion.origin);
        event.about(&occasion.user).because(kind.word()).write_bounded(&self.store).await?;
        Ok(Verdict::Rejected)
    }

    async fn activate(
        &self,
        batch: &mut Batch,
        occasion: &Occasion,
        key: EnrolledKey,
        placement: Placement,
    ) -> Result<(), FactorError> {
        let mut held = hold(&self.store, batch, &occasion.user).await?;
        held.make_room((placement, occasion), batch, &self.store, &self.trail, &self.notices).await?;
        if held.keys.list.len() >= MOST {
            return Err(FactorError::TooMany(MOST));
        }
        let owner = owner_key(&key.credential.cred_id);
        batch.require_absent(owner.clone()).put(owner, &Owner { user: occasion.user.clone() }, None);
        let site = self.party()?.id();
        if bound_to(&self.store).await?.as_deref() != Some(site) {
            bind(batch, site);
        }
        let event = self.trail.event(Action::FactorEnrolled, Outcome::Success, &occasion.origin);
        let event = event.by(Actor::User(occasion.user.clone())).about(&occasion.user);
        event.credential(&key.id).because(key.kind.word()).write(batch);
        let notice = Notice::PasskeyAdded { factor: key.name.clone() };
        self.notices.tell(batch, &occasion.user, notice, &occasion.origin).await?;
        held.keys.list.push(key);
        batch.put(keys_key(&occasion.user), &held.keys, None);
        Ok(())
    }

    pub(super) async fn list(&self, user: &UserId) -> Result<Vec<EnrolledKey>, FactorError> {
        Ok(keys_of(&self.store, user).await?.map(|stored| stored.value.list).unwrap_or_default())
    }
}

/// What a key remembers of its owner: the id of the person, which says nothing to strangers (WebAuthn Level 3 section 14.6.1).
pub(super) fn handle(user: &UserId) -> Result<Uuid, FactorError> {
    Uuid::parse_str(user.as_str()).map_err(|_| FactorError::Ceremony("the person's id is no UUID".to_owned()))
}

/// Extensions are left out on purpose: browsers refuse `credProtect` beside a preferred verification.
fn verification(kind: KeyKind) -> UserVerificationPolicy {
    match kind {
        KeyKind::Passkey => UserVerificationPolicy::Required,
        KeyKind::SecurityKey => UserVerificationPolicy::Preferred,
    }
}

pub(super) fn ceremony(error: WebauthnError) -> FactorError {
    FactorError::Ceremony(error.to_string())
}
