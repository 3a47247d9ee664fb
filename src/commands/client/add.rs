//! `client.add`: registers an application; its secret is answered this once.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Applications;
use crate::audit::Action;
use crate::clients::Preset;
use crate::commands::{Administrator, Command, Handed, Refused, Who};
use crate::foundation::ids::ClientId;
use crate::storage::Batch;
use crate::vocabulary::ClientMetadata;

/// The command.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Add {
    /// An application that we know, at its base address.
    Preset {
        /// Which.
        preset: Preset,
        /// Its own base address.
        base_url: String,
    },
    /// Any other application, by its metadata.
    Metadata(Box<ClientMetadata>),
}

/// An application was registered.
#[derive(Debug, Serialize, Deserialize)]
pub struct Added {
    /// `client_id`.
    pub client_id: ClientId,
    /// Its secret, shown this once; absent for a public client.
    pub client_secret: Option<Handed>,
    /// Its name.
    pub name: String,
    /// Our issuer, to be entered there.
    pub issuer: String,
    /// Where answers go.
    pub redirect_uris: Vec<String>,
    /// What it may ask for, space-separated.
    pub scopes: String,
}

#[async_trait]
impl Command for Add {
    const NAME: &'static str = "client.add";
    const WHO: Who = Who::Operator;
    type Tools = Applications;
    type Answer = Added;

    async fn perform(self, by: &Administrator, applications: &Applications) -> Result<Added, Refused> {
        let clients = &applications.clients;
        let prepared = match self {
            Self::Preset { preset, base_url } => clients.prepare_preset(preset, &base_url)?,
            Self::Metadata(metadata) => clients.prepare(*metadata, None)?,
        };
        let client = &prepared.client;
        let mut batch = Batch::new();
        applications.note(&mut batch, Action::ClientRegistered, by, &client.id);
        clients.insert(client, batch).await?;
        Ok(Added {
            client_id: client.id.clone(),
            name: client.name.clone(),
            issuer: applications.site.issuer().to_owned(),
            redirect_uris: client.redirect_uris.iter().map(|uri| uri.as_str().to_owned()).collect(),
            scopes: client.scopes.to_string(),
            client_secret: prepared.secret.map(|secret| Handed::new(secret.expose())),
        })
    }
}
