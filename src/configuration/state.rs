//! All that is configured, as records: what a generation holds.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::model::MailEntry;
use super::reference::Secrets;
use crate::clients::{self, Client};
use crate::config::LiveSettings;
use crate::config::account::Account;
use crate::config::audit::Audit;
use crate::config::keys::Keys;
use crate::config::limits::Limits;
use crate::config::live::OwnTexts;
use crate::config::mail::Mail;
use crate::config::pages::Names;
use crate::config::policy::Policy;
use crate::config::sessions::Sessions;
use crate::foundation::ids::ClientId;
use crate::foundation::secret::Hidden;
use crate::sealing::{Identity, Sealed, Sealing, SealingError};
use crate::storage::generation::{key, numeral};
use crate::storage::{Batch, Record, StorageError};
use crate::users::{Group, group};

/// The kind of the record with all settings but texts; there is one.
pub const SETTINGS: &str = "settings";
/// Its id.
pub const ALL: &str = "all";
/// The kind of a language's texts.
pub const TEXTS: &str = "texts";

/// What a generation holds.
#[derive(Debug, Clone)]
pub struct State {
    pub settings: LiveSettings,
    /// By id, which is the name's normal form.
    pub groups: BTreeMap<String, Group>,
    pub clients: BTreeMap<ClientId, Client>,
}

/// The settings as they are kept.
#[derive(Debug, Serialize, Deserialize)]
pub struct StoredSettings {
    policy: Policy,
    sessions: Sessions,
    #[serde(default)]
    account: Account,
    limits: Limits,
    #[serde(default)]
    audit: Audit,
    #[serde(default)]
    keys: Keys,
    pages: Names,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    mail: Option<StoredMail>,
}

impl Record for StoredSettings {}

/// The mail server as it is kept: the password sealed to this very generation (R-KS-03).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredMail {
    server: MailEntry,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    password: Option<Sealed>,
}

impl StoredMail {
    fn of(mail: &Mail, number: u64, sealing: &Sealing) -> Result<Self, SealingError> {
        let seal = |password: &Hidden| sealing.seal(place(&numeral(number)), password.expose().as_bytes());
        Ok(Self { server: MailEntry::of(mail), password: mail.password.as_ref().map(seal).transpose()? })
    }

    fn live(self, number: u64, sealing: &Sealing, ca_file: Option<PathBuf>) -> Result<Mail, String> {
        let open = |sealed: &Sealed| {
            let opened = sealing.open(place(&numeral(number)), sealed).map_err(|error| error.to_string())?;
            std::str::from_utf8(&opened).map(Hidden::new).map_err(|error| error.to_string())
        };
        let password = self.password.as_ref().map(open).transpose()?;
        let server = MailEntry { password: None, ..self.server };
        let mail =
            server.settings(&Secrets::default(), None, ca_file).map_err(|problem| problem.to_string())?;
        Ok(Mail { password, ..mail })
    }
}

fn place(number: &str) -> Identity<'_> {
    Identity { kind: "configuration", field: "mail.password", id: number }
}

/// The texts of one language as they are kept.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StoredTexts(pub BTreeMap<String, String>);

impl Record for StoredTexts {}

impl StoredSettings {
    /// As they count, in the generation `number`, with the `texts` beside them.
    pub fn live(
        self,
        number: u64,
        texts: OwnTexts,
        sealing: &Sealing,
        ca_file: Option<PathBuf>,
    ) -> Result<LiveSettings, StorageError> {
        let Self { policy, sessions, account, limits, audit, keys, pages, mail } = self;
        let mail = mail.map(|mail| mail.live(number, sealing, ca_file)).transpose();
        let mail = mail.map_err(|fault| StorageError::Corrupt(format!("mail settings: {fault}")))?;
        Ok(LiveSettings {
            generation: number,
            policy,
            sessions,
            account,
            limits,
            audit,
            keys,
            pages,
            texts,
            mail,
        })
    }
}

impl State {
    /// Each record of it, in a batch of its own, for the generation `number`.
    pub fn records(&self, number: u64, sealing: &Sealing) -> Result<Vec<Batch>, SealingError> {
        let LiveSettings { policy, sessions, account, limits, audit, keys, pages, texts, mail, .. } =
            self.settings.clone();
        let mail = mail.map(|mail| StoredMail::of(&mail, number, sealing)).transpose()?;
        let settings = StoredSettings { policy, sessions, account, limits, audit, keys, pages, mail };
        let texts = texts.into_iter().map(|(tag, own)| record(number, TEXTS, &tag, &StoredTexts(own)));
        let groups = self.groups.iter().map(|(id, one)| record(number, group::KIND, id, one));
        let clients =
            self.clients.iter().map(|(id, one)| record(number, clients::store::KIND, id.as_str(), one));
        let settings = record(number, SETTINGS, ALL, &settings);
        Ok(std::iter::once(settings).chain(texts).chain(groups).chain(clients).collect())
    }
}

fn record<T: Record>(number: u64, kind: &str, id: &str, value: &T) -> Batch {
    let mut batch = Batch::new();
    batch.put(key(number, kind, id), value, None);
    batch
}
