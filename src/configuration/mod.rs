//! All that is configured, as one typed model: exported to a file, compared with a file, made so by a file.
//!
//! ```text
//! file ─ document ─▶ Model ─ validate ─▶ State (clients, groups, settings as records) ─ store ─▶ next generation ─ switch ─▶ current
//!        ◀─ write ─        ◀─ export ─        ◀──────────────────────── load ──────────────────────────────────────────────┘
//! ```
//!
//! Applying writes a whole new generation beside the current one, in several commits, and then switches in one that also
//! holds the events. A kill before the switch leaves the old generation whole; the next apply or start clears what is left
//! over. A running provider asks at the beginning of each request which generation counts, and the request sees that one to
//! its end ([`pin`]).
//!
//! Must not: read files or addresses that a model names, resolve references to secrets, or let a secret out.
//! Follows: design "one model, several faces"; security requirements R-OP-02, R-OP-03, R-AD-05, R-AD-06, R-AU-01, R-TR-10;
//! decision 0006.

pub mod apply;
mod client_entry;
pub mod document;
pub mod error;
mod events;
pub mod export;
mod mail_entry;
pub mod model;
pub mod pin;
pub mod plan;
pub mod problem;
pub mod reference;
mod state;
mod store;
mod tree;
mod validate;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Mutex;

pub use apply::{Applied, Proposal};
pub use document::Format;
pub use error::Refused;
pub use model::Model;
pub use plan::{Base, Difference, Plan};
pub use problem::Problem;
pub use reference::{Reference, Secrets};

use crate::audit::Trail;
use crate::clients::Clients;
use crate::config::mail::Mail;
use crate::config::{Live, LiveSettings, Site};
use crate::foundation::{Clock, Random};
use crate::grants::Grants;
use crate::pages::Pages;
use crate::sealing::Sealing;
use crate::storage::{Generations, SharedStore};
use crate::users::Users;

/// What the configuration works with.
#[derive(Debug, Clone)]
pub struct Parts {
    /// The store.
    pub store: SharedStore,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance, for new secrets.
    pub random: Arc<dyn Random>,
    /// Under which address we are reached, which decides what addresses are allowed.
    pub site: Arc<Site>,
    /// The rules for clients.
    pub clients: Clients,
    /// Who consented to what.
    pub grants: Grants,
    /// Who is in which group.
    pub users: Users,
    /// Which texts there are.
    pub pages: Arc<Pages>,
    /// Seals what is secret at rest.
    pub sealing: Arc<Sealing>,
    /// A file with the certificates that vouch for the mail server, whichever is applied.
    pub mail_ca_file: Option<PathBuf>,
    /// Where events go.
    pub trail: Trail,
    /// The settings that count, for everybody; as they are given, those of the settings file.
    pub live: Live,
}

/// The configuration of one provider.
#[derive(Debug, Clone)]
pub struct Configuration {
    parts: Parts,
    generations: Generations,
    /// What counts while nothing was applied.
    at_start: Arc<LiveSettings>,
    /// Of those in this process only one applies at a time.
    applying: Arc<Mutex<()>>,
}

impl Configuration {
    /// The configuration in the store: its settings count from now on, and what a killed apply left over is cleared.
    pub async fn open(parts: Parts) -> Result<Self, Refused> {
        let generations = Generations::new(parts.store.clone());
        let at_start = parts.live.latest();
        let configuration = Self { parts, generations, at_start, applying: Arc::default() };
        configuration.refresh().await?;
        configuration.clear_left_over().await?;
        configuration.warn_of_idle_settings();
        Ok(configuration)
    }

    /// Settings of the file that nobody reads any more are a trap, so they are named.
    fn warn_of_idle_settings(&self) {
        let (live, file, usual) = (self.parts.live.latest(), &self.at_start, LiveSettings::default());
        let idle = [
            ("policy", live.policy != file.policy && file.policy != usual.policy),
            ("sessions", live.sessions != file.sessions && file.sessions != usual.sessions),
            ("account", live.account != file.account && file.account != usual.account),
            ("limits", live.limits != file.limits && file.limits != usual.limits),
            ("audit", live.audit != file.audit && file.audit != usual.audit),
            ("keys", live.keys != file.keys && file.keys != usual.keys),
            ("pages", live.pages != file.pages && file.pages != usual.pages),
            ("mail", !same_mail(live.mail.as_ref(), file.mail.as_ref()) && file.mail.is_some()),
        ];
        for (section, _) in idle.into_iter().filter(|(_, idle)| *idle) {
            tracing::warn!(
                section,
                generation = live.generation,
                "the settings file differs from the applied configuration, which counts; remove the section from the file, all but paths"
            );
        }
    }
}

/// Whether both mean the same server. Passwords are not compared: one may be replaced where the other is looked up.
fn same_mail(live: Option<&Mail>, file: Option<&Mail>) -> bool {
    live.map(model::MailEntry::of) == file.map(model::MailEntry::of)
}
