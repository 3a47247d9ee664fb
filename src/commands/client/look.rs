//! `client.list`, `client.show`.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Applications;
use super::view::Application;
use crate::commands::{Administrator, Command, Refused, Who};

/// More applications than this are not listed.
pub(super) const MOST: usize = 10_000;

/// All applications, ordered by id.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {}

/// One application.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Show {
    /// Its `client_id`, or its name where no other has the same.
    pub client: String,
}

#[async_trait]
impl Command for List {
    const NAME: &'static str = "client.list";
    const WHO: Who = Who::Operator;
    type Tools = Applications;
    type Answer = Vec<Application>;

    async fn perform(
        self,
        _by: &Administrator,
        applications: &Applications,
    ) -> Result<Vec<Application>, Refused> {
        let now = applications.clock.now();
        let clients = applications.clients.list(None, MOST).await?;
        Ok(clients.iter().map(|client| Application::of(client, now)).collect())
    }
}

#[async_trait]
impl Command for Show {
    const NAME: &'static str = "client.show";
    const WHO: Who = Who::Operator;
    type Tools = Applications;
    type Answer = Application;

    async fn perform(self, _by: &Administrator, applications: &Applications) -> Result<Application, Refused> {
        let client = applications.named(&self.client).await?;
        Ok(Application::of(&client, applications.clock.now()))
    }
}
