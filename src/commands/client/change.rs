//! `client.rotate-secret`, `client.remove`.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Applications;
use super::view::Application;
use crate::audit::Action;
use crate::commands::{Administrator, Command, Handed, Refused, Who};
use crate::storage::Batch;

/// The longest that a replaced secret stays good: 30 days.
pub const LONGEST_OVERLAP: Duration = Duration::from_secs(30 * 24 * 3600);

/// Makes a further secret; the one before stays good for a while, so that nobody is shut out meanwhile (R-TK-04).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RotateSecret {
    /// Its `client_id`, or its name where no other has the same.
    pub client: String,
    /// Seconds for which the secret before stays good; 0 ends it at once.
    pub overlap: u64,
}

/// A further secret was made.
#[derive(Debug, Serialize, Deserialize)]
pub struct Rotated {
    /// The application, as it is now.
    #[serde(flatten)]
    pub client: Application,
    /// The new secret, shown this once.
    pub client_secret: Handed,
}

/// Removes an application: nobody can sign in to it through us any more.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remove {
    /// Its `client_id`, or its name where no other has the same.
    pub client: String,
}

#[async_trait]
impl Command for RotateSecret {
    const NAME: &'static str = "client.rotate-secret";
    const WHO: Who = Who::Operator;
    type Tools = Applications;
    type Answer = Rotated;

    async fn perform(self, by: &Administrator, applications: &Applications) -> Result<Rotated, Refused> {
        let client = applications.named(&self.client).await?;
        let overlap = Duration::from_secs(self.overlap);
        if client.is_public() {
            return Err(Refused::rule(format!("{} is a public client and has no secret", client.name)));
        }
        if overlap > LONGEST_OVERLAP {
            return Err(Refused::rule("the secret before may stay good for 30 days at most"));
        }
        let mut batch = Batch::new();
        applications.note(&mut batch, Action::ClientSecretRotated, by, &client.id);
        let now = applications.clock.now();
        let rotated = applications.clients.rotate_secret(&client.id, now.plus(overlap), batch).await?;
        let (client, secret) = rotated.ok_or_else(Refused::conflict)?;
        Ok(Rotated { client: Application::of(&client, now), client_secret: Handed::new(secret.expose()) })
    }
}

#[async_trait]
impl Command for Remove {
    const NAME: &'static str = "client.remove";
    const WHO: Who = Who::Operator;
    type Tools = Applications;
    type Answer = Application;

    async fn perform(self, by: &Administrator, applications: &Applications) -> Result<Application, Refused> {
        let client = applications.named(&self.client).await?;
        let mut batch = Batch::new();
        applications.note(&mut batch, Action::ClientRemoved, by, &client.id);
        if !applications.clients.remove(&client.id, batch).await? {
            return Err(Refused::conflict());
        }
        // Only now can nobody consent any more.
        applications.grants.forget_client(&client.id).await?;
        Ok(Application::of(&client, applications.clock.now()))
    }
}
