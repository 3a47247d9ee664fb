//! A stand-in for Jira or Confluence Data Center: a relying party that behaves as their built-in client does, oddities
//! included. Unlike the stock products it also has `/frontchannel_logout`, and its page says so.

pub mod authorize;
pub mod callback;
pub mod cookie;
pub mod fault;
pub mod flow;
pub mod home;
pub mod id_token;
pub mod initiate_login;
pub mod logout;
pub mod mapping;
pub mod provider;
pub mod routes;
pub mod session;
pub mod signature;
pub mod token;

use std::sync::Arc;

use crate::config::Site;
use crate::foundation::secret::Hidden;
use crate::foundation::{Clock, Random};
use crate::outbound::{AddressRules, Outbound};
use crate::pages::Pages;
use crate::pages::demo_pages::{DemoApplication, DemoKind};
use crate::web::Web;

pub use fault::Fault;
pub use routes::routes;

use flow::Flows;
use mapping::Mapping;
use provider::KnownProvider;
use session::AppSessions;

/// What an administrator types into such an application, and what it knows of itself.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// Which product it stands in for.
    pub kind: DemoKind,
    /// Its name for people.
    pub name: String,
    /// Its canonical base address, without a slash at the end.
    pub base_url: String,
    /// The issuer as it was typed.
    pub issuer: String,
    /// The client id as it was typed.
    pub client_id: String,
    /// The client secret as it was typed.
    pub client_secret: Hidden,
    /// How claims become a user.
    pub mapping: Mapping,
    /// Where the mailbox of the demonstration is.
    pub inbox_url: String,
}

/// What an application needs from the process it runs in.
#[derive(Clone)]
pub struct Surroundings {
    /// Its pages.
    pub pages: Arc<Pages>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
}

/// One running application. Flows and sessions live in memory, as in the real ones.
#[derive(Debug)]
pub struct Application {
    configuration: Configuration,
    web: Arc<Web>,
    outbound: Outbound,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    provider: KnownProvider,
    flows: Flows,
    sessions: AppSessions,
}

impl Application {
    /// The application of `configuration`; fails, in a sentence, where its base address is not `http://localhost:<port>`.
    pub fn new(configuration: Configuration, surroundings: Surroundings) -> Result<Self, String> {
        let Surroundings { pages, clock, random } = surroundings;
        let wrong = |why: &dyn std::fmt::Display| format!("the address {:?} {why}", configuration.base_url);
        let site = Site::new(&configuration.base_url).map_err(|why| wrong(&why))?;
        if !site.is_loopback() {
            return Err(wrong(&"is not http://localhost:<port>, and the demo runs nowhere else"));
        }
        let outbound = Outbound::new(AddressRules::of(&site));
        let web = Arc::new(Web { site: Arc::new(site), pages, random: random.clone() });
        Ok(Self {
            web,
            outbound,
            clock,
            random,
            provider: KnownProvider::default(),
            flows: Flows::default(),
            sessions: AppSessions::default(),
            configuration,
        })
    }

    /// What stands on each of its pages.
    fn shown(&self) -> DemoApplication {
        DemoApplication {
            kind: self.configuration.kind,
            name: self.configuration.name.clone(),
            provider: self.configuration.issuer.clone(),
            inbox: self.configuration.inbox_url.clone(),
        }
    }
}
