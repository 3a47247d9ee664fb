//! What is configured, as the model (R-OP-03): without any secret, and without what the provider itself owns.

use super::Configuration;
use super::error::Refused;
use super::model::{ClientEntry, FORMAT, GroupEntry, MailEntry, Model};
use super::state::State;
use crate::audit::{Action, Actor, Origin, Outcome};
use crate::storage::Batch;

impl Configuration {
    /// All that counts now. That somebody took it is an event (R-AU-01).
    pub async fn export(&self, by: Actor) -> Result<Model, Refused> {
        let (_, state) = self.load().await?;
        let mut batch = Batch::new();
        let event =
            self.parts.trail.event(Action::ConfigurationExported, Outcome::Success, &Origin::default());
        event.by(by).write(&mut batch);
        self.parts.store.commit(batch).await?;
        Ok(Model::of(&state))
    }
}

impl Model {
    /// `state` as a file shows it, everything written out.
    pub(super) fn of(state: &State) -> Self {
        let settings = state.settings.clone();
        let group = |group: &crate::users::Group| {
            let description = group.description.as_ref().map(|text| text.as_str().to_owned());
            (group.name.as_str().to_owned(), GroupEntry { description })
        };
        let clients = state.clients.iter();
        Self {
            format: FORMAT,
            policy: settings.policy,
            sessions: settings.sessions,
            account: settings.account,
            limits: settings.limits,
            audit: settings.audit,
            keys: settings.keys,
            pages: settings.pages,
            texts: settings.texts,
            mail: settings.mail.as_ref().map(MailEntry::of),
            groups: state.groups.values().map(group).collect(),
            clients: clients.map(|(id, client)| (id.to_string(), ClientEntry::of(client))).collect(),
        }
    }
}
