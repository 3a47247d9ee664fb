//! All that is configured, as records: what a generation holds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clients::{self, Client};
use crate::config::LiveSettings;
use crate::config::limits::Limits;
use crate::config::live::OwnTexts;
use crate::config::pages::Names;
use crate::config::policy::Policy;
use crate::config::sessions::Sessions;
use crate::foundation::ids::ClientId;
use crate::storage::generation::key;
use crate::storage::{Batch, Record};
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
    limits: Limits,
    pages: Names,
}

impl Record for StoredSettings {}

/// The texts of one language as they are kept.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StoredTexts(pub BTreeMap<String, String>);

impl Record for StoredTexts {}

impl StoredSettings {
    /// As they count, in the generation `number`, with the `texts` beside them.
    pub fn live(self, number: u64, texts: OwnTexts) -> LiveSettings {
        let Self { policy, sessions, limits, pages } = self;
        LiveSettings { generation: number, policy, sessions, limits, pages, texts }
    }
}

impl State {
    /// Each record of it, in a batch of its own, for the generation `number`.
    pub fn records(&self, number: u64) -> Vec<Batch> {
        let LiveSettings { policy, sessions, limits, pages, texts, .. } = self.settings.clone();
        let settings = StoredSettings { policy, sessions, limits, pages };
        let texts = texts.into_iter().map(|(tag, own)| record(number, TEXTS, &tag, &StoredTexts(own)));
        let groups = self.groups.iter().map(|(id, one)| record(number, group::KIND, id, one));
        let clients =
            self.clients.iter().map(|(id, one)| record(number, clients::store::KIND, id.as_str(), one));
        let settings = record(number, SETTINGS, ALL, &settings);
        std::iter::once(settings).chain(texts).chain(groups).chain(clients).collect()
    }
}

fn record<T: Record>(number: u64, kind: &str, id: &str, value: &T) -> Batch {
    let mut batch = Batch::new();
    batch.put(key(number, kind, id), value, None);
    batch
}
