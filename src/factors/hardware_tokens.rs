//! Hardware tokens: taken over with their seeds, kept until they are handed out, and then a factor of the person who has one.
//!
//! A token is known by the number on its back. It can be handed to somebody as long as nobody has it; a person whose factors
//! were reset, or who was deleted, has it no more ([`super::removal`]).

use super::enrolment::{MOST_NAME, Placement, TotpEnrolment};
use super::oath::{Recipe, Standing};
use super::seeds::Seed;
use super::store::{TotpCredential, place, sealed_as, totp_credentials, totp_key};
use super::token_store::{FORGOTTEN, Forgotten, Holder, TokenRecord, all, forgotten_key, key, sealed_for};
use super::totp::{stored_generator, tidy};
use super::{FactorError, Occasion};
use crate::audit::trail::Draft;
use crate::audit::{Action, Actor, Origin, Outcome};
use crate::foundation::Timestamp;
use crate::foundation::ids::{CredentialId, UserId};
use crate::foundation::secret::Hidden;
use crate::limits::AuthenticatorLockout;
use crate::storage::{Batch, Key, Stored};
use crate::users::store::user_key;

/// Tokens taken over in one commit.
const AT_ONCE: usize = 100;

/// A hardware token as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HardwareToken {
    /// The number on its back.
    pub serial: String,
    /// Maker and model.
    pub model: Option<String>,
    /// How it makes its codes.
    pub recipe: Recipe,
    /// When it was taken over.
    pub imported_at: Timestamp,
    /// Who has it.
    pub holder: Option<UserId>,
}

/// How many tokens of a file were taken over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TakenOver {
    /// New ones.
    pub added: usize,
    /// Those that were there already, and were left alone.
    pub known: usize,
}

/// Two codes that a token shows one right after the other.
pub type Codes<'a> = (&'a Hidden, &'a Hidden);

/// The hardware tokens of this installation.
#[derive(Debug, Clone)]
pub struct HardwareTokens {
    enrolment: TotpEnrolment,
}

impl HardwareTokens {
    /// Tokens that become factors by `enrolment`.
    pub fn new(enrolment: TotpEnrolment) -> Self {
        Self { enrolment }
    }

    /// Takes `seeds` over. Those whose serial number is known are left alone, so that a file may come again; those that were
    /// forgotten go on from where they stood.
    pub async fn take_over(&self, seeds: &[Seed], by: &Actor) -> Result<TakenOver, FactorError> {
        let mut done = TakenOver::default();
        for portion in seeds.chunks(AT_ONCE) {
            let mut batch = Batch::new();
            let mut added = 0;
            for seed in portion {
                added += usize::from(self.take_one_over(&mut batch, seed, by).await?);
            }
            self.enrolment.commit(batch).await?;
            done.added += added;
            done.known += portion.len() - added;
        }
        Ok(done)
    }

    /// Adds one token to `batch`; whether it is new.
    async fn take_one_over(&self, batch: &mut Batch, seed: &Seed, by: &Actor) -> Result<bool, FactorError> {
        let place = key(&seed.serial);
        let remembered = self.forgotten_key(seed.recipe, &seed.secret);
        let found = self.factor().store.get(&[place.clone(), remembered.clone()]).await?;
        let [known, forgotten] = <[_; 2]>::try_from(found).unwrap_or_default();
        if known.is_some() {
            return Ok(false);
        }
        let mut standing = Standing { last: seed.count, drift: 0 };
        match forgotten {
            Some(raw) => {
                let Stored { value, revision, .. } = raw.decode::<Forgotten>()?;
                standing = Standing { last: value.standing.last.max(seed.count), ..value.standing };
                batch.require_revision(remembered.clone(), revision).delete(remembered);
            }
            None => drop(batch.require_absent(remembered)),
        }
        let record = TokenRecord {
            serial: seed.serial.clone(),
            model: seed.model.clone(),
            secret: self.factor().sealing.seal(sealed_for(&seed.serial), &seed.secret)?,
            recipe: seed.recipe,
            standing,
            imported_at: self.factor().clock.now(),
            holder: None,
        };
        batch.require_absent(place.clone()).put(place, &record, None);
        self.event(Action::HardwareTokenImported, &seed.serial, by).write(batch);
        Ok(true)
    }

    /// Tokens in the order of their serial numbers, after `after`, at most `limit`.
    pub async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<HardwareToken>, FactorError> {
        let after = after.map(key);
        let page = self.factor().store.scan(&all(), after.as_ref(), limit).await?;
        let mut tokens = Vec::with_capacity(page.len());
        for (_, raw) in page {
            let TokenRecord { serial, model, recipe, imported_at, holder, .. } =
                raw.decode::<TokenRecord>()?.value;
            let holder = holder.map(|holder| holder.user);
            tokens.push(HardwareToken { serial, model, recipe, imported_at, holder });
        }
        Ok(tokens)
    }

    /// Adds to `batch` that the token `serial` is a factor of the person of `occasion`, who is told (R-EN-05). `codes` are two that
    /// it shows one after the other: they prove that it is at hand (R-EN-03), and say where it stands. What else a new
    /// factor brings (R-EN-04) is decided above.
    pub async fn assign(
        &self,
        batch: &mut Batch,
        serial: &str,
        codes: Codes<'_>,
        occasion: &Occasion,
        by: &Actor,
    ) -> Result<(), FactorError> {
        let Stored { value: mut token, revision, .. } = self.find(serial).await?;
        if token.holder.is_some() {
            return Err(FactorError::Held);
        }
        let secret = self.factor().sealing.open(sealed_for(serial), &token.secret)?;
        let standing = self.found_again(&token.recipe, &secret, codes, token.standing)?;
        let id = CredentialId::generate(self.enrolment.random());
        let sealed = self.factor().sealing.seal(sealed_as(&place(&occasion.user, &id)), &secret)?;
        let credential = TotpCredential {
            id: id.clone(),
            name: format!("Token {serial}").chars().take(MOST_NAME).collect(),
            secret: sealed,
            last_step: standing.last,
            enrolled_at: self.factor().clock.now(),
            recipe: token.recipe,
            drift: standing.drift,
            token: Some(serial.to_owned()),
            astray: None,
            last_used: None,
        };
        self.enrolment.activate(batch, occasion, credential, Placement::Beside, by).await?;
        token.holder = Some(Holder { user: occasion.user.clone(), credential: id });
        batch.require_present(user_key(&occasion.user));
        batch.require_revision(key(serial), revision).put(key(serial), &token, None);
        Ok(())
    }

    /// Finds a token again that shows `codes` one after the other, though its clock runs wrong or its button was pressed without
    /// need (RFC 4226 section 7.4). Both are spent then, and failures before are forgotten (R-RL-04).
    pub async fn bring_into_step(
        &self,
        serial: &str,
        codes: Codes<'_>,
        by: &Actor,
    ) -> Result<(), FactorError> {
        let Holder { user, credential } =
            self.find(serial).await?.value.holder.ok_or(FactorError::NotHeld)?;
        let found = totp_credentials(&self.factor().store, &user).await?;
        let Stored { mut value, revision, .. } = found.ok_or(FactorError::NotHeld)?;
        let mine = value.list.iter_mut().find(|known| known.id == credential);
        let mine = mine.ok_or(FactorError::NotHeld)?;
        let secret = self.factor().sealing.open(sealed_as(&place(&user, &credential)), &mine.secret)?;
        let Standing { last, drift } = self.found_again(&mine.recipe, &secret, codes, mine.standing())?;
        (mine.last_step, mine.drift, mine.astray) = (last, drift, None);
        let mut batch = Batch::new();
        batch.require_revision(totp_key(&user), revision).put(totp_key(&user), &value, None);
        AuthenticatorLockout::succeeded(&credential, &mut batch);
        let event = self.event(Action::FactorResynchronised, serial, by);
        event.about(&user).credential(&credential).write(&mut batch);
        self.enrolment.commit(batch).await
    }

    /// Forgets a token that nobody has: it was lost, broke or was sold. If it comes again, it goes on from where it stood.
    pub async fn forget(&self, serial: &str, by: &Actor) -> Result<(), FactorError> {
        let Stored { value: token, revision, .. } = self.find(serial).await?;
        if token.holder.is_some() {
            return Err(FactorError::Held);
        }
        let secret = self.factor().sealing.open(sealed_for(serial), &token.secret)?;
        let forgotten = Forgotten { recipe: token.recipe, standing: token.standing };
        let mut batch = Batch::new();
        batch.require_revision(key(serial), revision).delete(key(serial));
        batch.put(self.forgotten_key(token.recipe, &secret), &forgotten, None);
        self.event(Action::HardwareTokenRemoved, serial, by).write(&mut batch);
        self.enrolment.commit(batch).await
    }

    /// Writes down that `action` on the token `serial` failed because of `error`, if a rule stood against it (R-AU-01). A serial number
    /// that no token has is not written down: it may be anything.
    pub async fn note_refused(
        &self,
        action: Action,
        serial: &str,
        user: Option<&UserId>,
        error: &FactorError,
        by: &Actor,
    ) -> Result<(), FactorError> {
        let Some(word) = error.word() else { return Ok(()) };
        let event = self.factor().trail.event(action, Outcome::Failure, &Origin::default());
        let known = !matches!(error, FactorError::NoToken);
        let mut event = event.by(by.clone()).because(word).token(known.then_some(serial));
        if let Some(user) = user {
            event = event.about(user);
        }
        let mut batch = Batch::new();
        event.write(&mut batch);
        self.enrolment.commit(batch).await
    }

    fn found_again(
        &self,
        recipe: &Recipe,
        secret: &[u8],
        (first, second): Codes<'_>,
        standing: Standing,
    ) -> Result<Standing, FactorError> {
        let totp = stored_generator(recipe, secret)?;
        let (first, second) = (tidy(first.expose()), tidy(second.expose()));
        let found = recipe.found_again(&totp, (&first, &second), self.factor().clock.now(), standing);
        found.ok_or(FactorError::Astray)
    }

    fn forgotten_key(&self, recipe: Recipe, secret: &[u8]) -> Key {
        forgotten_key(&self.factor().sealing.hashing(FORGOTTEN), recipe.moving, secret)
    }

    async fn find(&self, serial: &str) -> Result<Stored<TokenRecord>, FactorError> {
        let found = self.factor().store.fetch::<TokenRecord>(&key(serial)).await?;
        found.ok_or(FactorError::NoToken)
    }

    fn event(&self, action: Action, serial: &str, by: &Actor) -> Draft<'_> {
        let event = self.factor().trail.event(action, Outcome::Success, &Origin::default());
        event.by(by.clone()).token(Some(serial))
    }

    fn factor(&self) -> &super::TotpFactor {
        self.enrolment.factor()
    }
}
