//! `configuration.plan`, `configuration.apply`: the same file, looked at and made so. Secrets come beside the model, looked
//! up by whoever asks; no reference is ever followed here (R-OP-02).

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::commands::{Administrator, Command, Handed, Refused, Who};
use crate::configuration::{self, Base, Configuration, Model, Proposal, Secrets, document};
use crate::foundation::ids::ClientId;
use crate::foundation::secret::Hidden;

/// A model and, by their paths in it, the secrets it refers to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// All that shall be configured.
    #[serde(deserialize_with = "document::deserialize")]
    pub model: Model,
    /// What was found where it refers to.
    pub secrets: BTreeMap<String, Handed>,
}

/// The same, made so if the configuration is still the one that was planned for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Apply {
    /// What was planned.
    pub proposed: Plan,
    /// For which configuration.
    pub base: Base,
}

/// What was applied.
#[derive(Debug, Serialize, Deserialize)]
pub struct Applied {
    /// What changed.
    pub plan: configuration::Plan,
    /// The generation that counts now.
    pub generation: u64,
    /// Secrets of new clients, shown this once.
    pub client_secrets: BTreeMap<ClientId, Handed>,
}

impl From<Plan> for Proposal {
    fn from(plan: Plan) -> Self {
        let mut secrets = Secrets::default();
        for (path, secret) in plan.secrets {
            secrets.add(path, Hidden::new(secret.expose()));
        }
        Self { model: plan.model, secrets }
    }
}

#[async_trait]
impl Command for Plan {
    const NAME: &'static str = "configuration.plan";
    const WHO: Who = Who::Operator;
    type Tools = Configuration;
    type Answer = configuration::Plan;

    async fn perform(
        self,
        _: &Administrator,
        configuration: &Configuration,
    ) -> Result<configuration::Plan, Refused> {
        Ok(configuration.plan(&self.into()).await?)
    }
}

#[async_trait]
impl Command for Apply {
    const NAME: &'static str = "configuration.apply";
    const WHO: Who = Who::Operator;
    type Tools = Configuration;
    type Answer = Applied;

    async fn perform(self, by: &Administrator, configuration: &Configuration) -> Result<Applied, Refused> {
        let applied = configuration.apply(&self.proposed.into(), Some(self.base), by.actor()).await?;
        let handed = |(id, secret): (ClientId, Hidden)| (id, Handed::new(secret.expose()));
        Ok(Applied {
            plan: applied.plan,
            generation: applied.generation,
            client_secrets: applied.made.into_iter().map(handed).collect(),
        })
    }
}
