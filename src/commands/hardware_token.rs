//! Hardware tokens: taken over from a maker's seed file, handed out by the number on their back, brought into step, forgotten.
//!
//! Must not: hand out a seed.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::user::People;
use super::{Administrator, Command, Handed, Refused, Who};
use crate::audit::{Action, Origin};
use crate::factors::hardware_tokens::{HardwareToken, HardwareTokens};
use crate::factors::sealed_seeds::Opener;
use crate::factors::{FactorError, Occasion, seeds};
use crate::foundation::ids::{JourneyId, UserId};
use crate::storage::Batch;

/// What these commands work with.
#[derive(Debug, Clone)]
pub struct Devices {
    /// The tokens.
    pub tokens: HardwareTokens,
    /// Who may get one.
    pub people: People,
}

/// Tokens read in one page.
const PAGE: usize = 500;

/// `hardware-token.import`: takes tokens over from a seed file. All rows are read before the first is taken over, and a bad one
/// stops the whole.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// The file's text.
    pub file: Handed,
    /// The key that opens its seeds, in hexadecimal.
    pub key: Option<Handed>,
    /// The passphrase that opens its seeds.
    pub passphrase: Option<Handed>,
}

/// What became of a seed file.
#[derive(Debug, Serialize, Deserialize)]
pub struct Imported {
    /// How many tokens are new.
    pub added: usize,
    /// How many were there already, and were left alone.
    pub known: usize,
}

/// `hardware-token.list`: all tokens.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {}

/// One token. Field names are stable: scripts read them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Listed {
    /// The number on its back.
    pub serial: String,
    /// Maker and model.
    pub model: Option<String>,
    /// How it makes its codes, such as `TOTP SHA1, 6 digits, 30 s`.
    pub codes: String,
    /// The user name of whoever has it.
    pub holder: Option<String>,
    /// When it was taken over (RFC 3339).
    pub imported_at: String,
}

/// `hardware-token.assign`: hands a token to a person.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assign {
    /// The number on its back.
    pub serial: String,
    /// User name or mail address.
    pub user: String,
    /// Two codes that it shows one right after the other: proof that it is the right one (R-EN-03).
    pub codes: (Handed, Handed),
}

/// A token was handed to somebody.
#[derive(Debug, Serialize, Deserialize)]
pub struct Assigned {
    /// The number on its back.
    pub serial: String,
    /// The user name of whoever has it now.
    pub username: String,
}

/// `hardware-token.resync`: finds a token again whose codes are refused.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resync {
    /// The number on its back.
    pub serial: String,
    /// Two codes that it shows one right after the other.
    pub codes: (Handed, Handed),
}

/// `hardware-token.remove`: forgets a token that nobody has.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remove {
    /// The number on its back.
    pub serial: String,
}

/// Which token it was.
#[derive(Debug, Serialize, Deserialize)]
pub struct Done {
    /// The number on its back.
    pub serial: String,
}

#[async_trait]
impl Command for Import {
    const NAME: &'static str = "hardware-token.import";
    const WHO: Who = Who::Operator;
    type Tools = Devices;
    type Answer = Imported;

    async fn perform(self, by: &Administrator, devices: &Devices) -> Result<Imported, Refused> {
        let opener = match (&self.key, &self.passphrase) {
            (None, None) => Opener::Nothing,
            (Some(key), None) => Opener::Key(key.hidden()),
            (None, Some(passphrase)) => Opener::Passphrase(passphrase.hidden()),
            (Some(_), Some(_)) => return Err(Refused::rule("give a key or a passphrase, not both")),
        };
        let seeds =
            seeds::read(self.file.expose(), opener).map_err(|error| Refused::rule(error.to_string()))?;
        let done = devices.tokens.take_over(&seeds, &by.actor()).await?;
        Ok(Imported { added: done.added, known: done.known })
    }
}

#[async_trait]
impl Command for List {
    const NAME: &'static str = "hardware-token.list";
    const WHO: Who = Who::Operator;
    type Tools = Devices;
    type Answer = Vec<Listed>;

    async fn perform(self, _by: &Administrator, devices: &Devices) -> Result<Vec<Listed>, Refused> {
        let mut all: Vec<Listed> = Vec::new();
        loop {
            let after = all.last().map(|token| token.serial.clone());
            let page = devices.tokens.list(after.as_deref(), PAGE).await?;
            let full = page.len() == PAGE;
            for token in page {
                all.push(devices.listed(token).await?);
            }
            if !full {
                return Ok(all);
            }
        }
    }
}

#[async_trait]
impl Command for Assign {
    const NAME: &'static str = "hardware-token.assign";
    const WHO: Who = Who::Operator;
    type Tools = Devices;
    type Answer = Assigned;

    async fn perform(self, by: &Administrator, devices: &Devices) -> Result<Assigned, Refused> {
        let user = devices.people.served(&self.user).await?;
        if let Err(error) = devices.hand_out(&self, &user.id, by).await {
            let (action, user) = (Action::FactorEnrolled, Some(&user.id));
            devices.tokens.note_refused(action, &self.serial, user, &error, &by.actor()).await?;
            return Err(error.into());
        }
        Ok(Assigned { serial: self.serial, username: user.username.as_str().to_owned() })
    }
}

#[async_trait]
impl Command for Resync {
    const NAME: &'static str = "hardware-token.resync";
    const WHO: Who = Who::Operator;
    type Tools = Devices;
    type Answer = Done;

    async fn perform(self, by: &Administrator, devices: &Devices) -> Result<Done, Refused> {
        let codes = (self.codes.0.hidden(), self.codes.1.hidden());
        if let Err(error) = devices.tokens.bring_into_step(&self.serial, codes, &by.actor()).await {
            let action = Action::FactorResynchronised;
            devices.tokens.note_refused(action, &self.serial, None, &error, &by.actor()).await?;
            return Err(error.into());
        }
        Ok(Done { serial: self.serial })
    }
}

#[async_trait]
impl Command for Remove {
    const NAME: &'static str = "hardware-token.remove";
    const WHO: Who = Who::Operator;
    type Tools = Devices;
    type Answer = Done;

    async fn perform(self, by: &Administrator, devices: &Devices) -> Result<Done, Refused> {
        devices.tokens.forget(&self.serial, &by.actor()).await?;
        Ok(Done { serial: self.serial })
    }
}

impl Devices {
    /// The token is the person's, and what was proved without it has lost its worth, in one commit (R-EN-04, R-SE-05).
    async fn hand_out(&self, asked: &Assign, user: &UserId, by: &Administrator) -> Result<(), FactorError> {
        let journey = JourneyId::generate(self.people.random.as_ref());
        let occasion = Occasion { user: user.clone(), journey, origin: Origin::default() };
        let codes = (asked.codes.0.hidden(), asked.codes.1.hidden());
        let mut batch = Batch::new();
        self.tokens.assign(&mut batch, &asked.serial, codes, &occasion, &by.actor()).await?;
        self.people.lifecycle.factor_changed(&mut batch, user, None).await?;
        let done = self.people.store.commit(batch).await?.is_done();
        if done { Ok(()) } else { Err(FactorError::Conflict) }
    }

    async fn listed(&self, token: HardwareToken) -> Result<Listed, Refused> {
        let holder = match &token.holder {
            Some(id) => {
                self.people.users.by_id(id).await?.map(|user| user.value.username.as_str().to_owned())
            }
            None => None,
        };
        Ok(Listed {
            serial: token.serial,
            model: token.model,
            codes: token.recipe.to_string(),
            holder,
            imported_at: token.imported_at.rfc3339(),
        })
    }
}
