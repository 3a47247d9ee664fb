//! Hardware tokens: taken over with their seeds, kept until they are handed out, and then a factor of the person who has one.
//!
//! A token is known by the number on its back. It can be handed to somebody as long as nobody has it; a person whose factors
//! were reset, or who was deleted, has it no more.

use serde::{Deserialize, Serialize};

use super::enrolment::{Placement, TotpEnrolment};
use super::oath::{Moving, Recipe, Standing};
use super::seeds::Seed;
use super::store::{TotpCredential, place, sealed_as, totp_credentials, totp_key};
use super::totp::{stored_generator, tidy};
use super::{FactorError, Occasion};
use crate::audit::trail::Draft;
use crate::audit::{Action, Actor, Origin, Outcome};
use crate::foundation::Timestamp;
use crate::foundation::ids::{CredentialId, UserId};
use crate::foundation::secret::Hidden;
use crate::sealing::{Identity, Sealed};
use crate::storage::{Batch, Key, Record, StorageError, Stored};

/// The kind of the records of hardware tokens.
pub const KIND: &str = "hardware_token";

/// Tokens taken over in one commit.
const AT_ONCE: usize = 300;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct TokenRecord {
    serial: String,
    model: Option<String>,
    secret: Sealed,
    recipe: Recipe,
    count: u64,
    imported_at: Timestamp,
    holder: Option<Holder>,
}

impl Record for TokenRecord {}

/// Who has a token: it is theirs while the credential stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Holder {
    user: UserId,
    credential: CredentialId,
}

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

fn key(serial: &str) -> Key {
    Key::new(KIND, &[serial])
}

fn sealed_for(serial: &str) -> Identity<'_> {
    Identity { kind: KIND, field: "secret", id: serial }
}

impl HardwareTokens {
    /// Tokens that become factors by `enrolment`.
    pub fn new(enrolment: TotpEnrolment) -> Self {
        Self { enrolment }
    }

    /// Takes `seeds` over. Those whose serial number is known are left alone, so that a file may come again.
    pub async fn take_over(&self, seeds: &[Seed], by: &Actor) -> Result<TakenOver, FactorError> {
        let mut done = TakenOver::default();
        for portion in seeds.chunks(AT_ONCE) {
            let keys: Vec<_> = portion.iter().map(|seed| key(&seed.serial)).collect();
            let found = self.factor().store.get(&keys).await?;
            let mut batch = Batch::new();
            let mut added = 0;
            for ((seed, key), _) in portion.iter().zip(keys).zip(found).filter(|(_, found)| found.is_none()) {
                batch.require_absent(key.clone()).put(key, &self.record(seed)?, None);
                added += 1;
            }
            if added > 0 {
                self.event(Action::HardwareTokensImported, by)
                    .count(u64::try_from(added).unwrap_or(u64::MAX))
                    .write(&mut batch);
                self.enrolment.commit(batch).await?;
            }
            done.added += added;
            done.known += portion.len() - added;
        }
        Ok(done)
    }

    /// Tokens in the order of their serial numbers, after `after`, at most `limit`.
    pub async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<HardwareToken>, FactorError> {
        let after = after.map(key);
        let page = self.factor().store.scan(&Key::prefix(KIND, &[]), after.as_ref(), limit).await?;
        let mut tokens = Vec::with_capacity(page.len());
        for (_, raw) in page {
            let token = raw.decode::<TokenRecord>()?.value;
            let holder = self.holder(&token).await?.map(|holder| holder.user.clone());
            let TokenRecord { serial, model, recipe, imported_at, .. } = token;
            tokens.push(HardwareToken { serial, model, recipe, imported_at, holder });
        }
        Ok(tokens)
    }

    /// Hands the token `serial` to the person of `occasion`, whose factor it is from then on; the person is told (R-EN-05).
    /// `codes` are two that it shows one after the other: they prove that it is at hand, and say where it stands. One that counts
    /// and was somebody else's needs them, for nobody knows how far it has counted.
    pub async fn assign(
        &self,
        serial: &str,
        codes: Option<Codes<'_>>,
        occasion: &Occasion,
        by: &Actor,
    ) -> Result<(), FactorError> {
        let Stored { value: mut token, revision, .. } = self.find(serial).await?;
        if self.holder(&token).await?.is_some() {
            return Err(FactorError::Held);
        }
        let secret = self.factor().sealing.open(sealed_for(serial), &token.secret)?;
        let standing = self.standing(&token, &secret, codes)?;
        let id = CredentialId::generate(self.enrolment.random());
        let sealed = self.factor().sealing.seal(sealed_as(&place(&occasion.user, &id)), &secret)?;
        let credential = TotpCredential {
            id: id.clone(),
            name: format!("Token {serial}"),
            secret: sealed,
            last_step: standing.last,
            enrolled_at: self.factor().clock.now(),
            recipe: token.recipe,
            drift: standing.drift,
            token: Some(serial.to_owned()),
        };
        let mut batch = Batch::new();
        self.enrolment.activate(&mut batch, occasion, credential, Placement::Beside, by).await?;
        token.holder = Some(Holder { user: occasion.user.clone(), credential: id });
        batch.require_revision(key(serial), revision).put(key(serial), &token, None);
        self.enrolment.commit(batch).await
    }

    /// Finds a token again that shows `first` and then `second`, though its clock runs wrong or its button was pressed without
    /// need (RFC 4226 section 7.4). Whether it was found; both codes are spent then.
    pub async fn bring_into_step(
        &self,
        serial: &str,
        codes: Codes<'_>,
        by: &Actor,
    ) -> Result<bool, FactorError> {
        let token = self.find(serial).await?.value;
        let Holder { user, credential } = self.holder(&token).await?.cloned().ok_or(FactorError::NotHeld)?;
        let Some(Stored { mut value, revision, .. }) = totp_credentials(&self.factor().store, &user).await?
        else {
            return Err(FactorError::NotHeld);
        };
        let mine = value.list.iter_mut().find(|known| known.id == credential);
        let mine = mine.ok_or(FactorError::NotHeld)?;
        let secret = self.factor().sealing.open(sealed_as(&place(&user, &credential)), &mine.secret)?;
        let found = self.found_again(&mine.recipe, &secret, codes, mine.standing())?;
        let Some(Standing { last, drift }) = found else { return Ok(false) };
        (mine.last_step, mine.drift) = (last, drift);
        let mut batch = Batch::new();
        batch.require_revision(totp_key(&user), revision).put(totp_key(&user), &value, None);
        self.event(Action::FactorResynchronised, by).about(&user).credential(&credential).write(&mut batch);
        self.enrolment.commit(batch).await?;
        Ok(true)
    }

    /// Forgets a token that nobody has: it was lost, broke or was sold.
    pub async fn forget(&self, serial: &str, by: &Actor) -> Result<(), FactorError> {
        let Stored { value: token, revision, .. } = self.find(serial).await?;
        if self.holder(&token).await?.is_some() {
            return Err(FactorError::Held);
        }
        let mut batch = Batch::new();
        batch.require_revision(key(serial), revision).delete(key(serial));
        self.event(Action::HardwareTokenRemoved, by).write(&mut batch);
        self.enrolment.commit(batch).await
    }

    /// From where a token goes on that is handed out. Nothing that it may have shown to somebody else is good any more.
    fn standing(
        &self,
        token: &TokenRecord,
        secret: &[u8],
        codes: Option<Codes<'_>>,
    ) -> Result<Standing, FactorError> {
        let counts = token.recipe.moving == Moving::Count;
        match codes {
            Some(codes) => {
                let start = Standing { last: token.count, drift: 0 };
                self.found_again(&token.recipe, secret, codes, start)?.ok_or(FactorError::Astray)
            }
            None if counts && token.holder.is_some() => Err(FactorError::Astray),
            None if counts => Ok(Standing { last: token.count, drift: 0 }),
            None => Ok(Standing { last: token.recipe.present(self.factor().clock.now()), drift: 0 }),
        }
    }

    fn found_again(
        &self,
        recipe: &Recipe,
        secret: &[u8],
        (first, second): Codes<'_>,
        standing: Standing,
    ) -> Result<Option<Standing>, FactorError> {
        let totp = stored_generator(recipe, secret)?;
        let (first, second) = (tidy(first.expose()), tidy(second.expose()));
        Ok(recipe.found_again(&totp, (&first, &second), self.factor().clock.now(), standing))
    }

    fn record(&self, seed: &Seed) -> Result<TokenRecord, FactorError> {
        Ok(TokenRecord {
            serial: seed.serial.clone(),
            model: seed.model.clone(),
            secret: self.factor().sealing.seal(sealed_for(&seed.serial), &seed.secret)?,
            recipe: seed.recipe,
            count: seed.count,
            imported_at: self.factor().clock.now(),
            holder: None,
        })
    }

    async fn find(&self, serial: &str) -> Result<Stored<TokenRecord>, FactorError> {
        let found = self.factor().store.fetch::<TokenRecord>(&key(serial)).await?;
        found.ok_or(FactorError::NoToken)
    }

    /// Who has it, if the credential that it became still stands.
    async fn holder<'a>(&self, token: &'a TokenRecord) -> Result<Option<&'a Holder>, StorageError> {
        let Some(holder) = &token.holder else { return Ok(None) };
        let held = totp_credentials(&self.factor().store, &holder.user).await?;
        let stands =
            held.iter().flat_map(|stored| &stored.value.list).any(|known| known.id == holder.credential);
        Ok(stands.then_some(holder))
    }

    fn event(&self, action: Action, by: &Actor) -> Draft<'_> {
        self.factor().trail.event(action, Outcome::Success, &Origin::default()).by(by.clone())
    }

    fn factor(&self) -> &super::TotpFactor {
        self.enrolment.factor()
    }
}
