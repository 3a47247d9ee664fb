//! `configuration.export`: all that is configured, without secrets (R-OP-03).

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::commands::{Administrator, Command, Refused, Who};
use crate::configuration::{Configuration, Model};

/// The command.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {}

#[async_trait]
impl Command for Export {
    const NAME: &'static str = "configuration.export";
    const WHO: Who = Who::Operator;
    type Tools = Configuration;
    type Answer = Model;

    async fn perform(self, by: &Administrator, configuration: &Configuration) -> Result<Model, Refused> {
        Ok(configuration.export(by.actor()).await?)
    }
}
