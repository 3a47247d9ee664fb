//! The provider on redb in a folder, one application, and people who are signed in: what a working day finds.

use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use keyward::app::{App, Ground};
use keyward::audit::Origin;
use keyward::clients::Preset;
use keyward::config::{Settings, Site};
use keyward::factors::Evidence;
use keyward::foundation::Timestamp;
use keyward::foundation::clock::SystemClock;
use keyward::foundation::ids::{JourneyId, UserId};
use keyward::foundation::random::SystemRandom;
use keyward::server::{Server, Stop};
use keyward::storage::{self, Batch};
use keyward::users::epoch::Epoch;
use keyward::users::profile::{Mail, MailAddress, Text, Username};
use keyward::users::{NewUser, User};
use serde::{Deserialize, Serialize};

/// The application's base address; nothing needs to listen there.
pub const APPLICATION: &str = "http://localhost:9";

/// What a client of the load must know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Known {
    /// Where the provider listens.
    pub address: SocketAddr,
    /// `client_id`.
    pub client: String,
    /// `client_secret`.
    pub secret: String,
    /// A session cookie for each person.
    pub cookies: Vec<String>,
}

/// A bound provider, not yet serving.
pub struct Provider {
    /// All modules.
    pub app: App,
    /// The people, all signed in.
    pub people: Vec<User>,
    /// What a client of the load must know.
    pub known: Known,
    server: Server,
}

impl Provider {
    /// Builds it in `folder` with `people` people signed in with password and authenticator.
    pub async fn new(folder: &Path, people: usize) -> Result<Self, Box<dyn Error>> {
        // One application makes more hops in a second here than an organisation's in a minute.
        let limits = "[limits]\napplication_requests = 100000000\nall_requests = 100000000\n";
        let text = format!("[log]\nlevel = \"warn\"\n{limits}");
        let mut settings = Settings::parse("bench.toml", folder, &text)?;
        let listen = ["127.0.0.1:0".parse()?];
        let server = Server::bind(&listen, &settings.http, settings.proxies.clone().into()).await?;
        let address = *server.addresses().first().ok_or("no address")?;
        settings.site = Site::new(&format!("http://localhost:{}", address.port()))?;
        let clock = Arc::new(SystemClock);
        let store = storage::redb::open(&settings.data.folder, storage::redb::CACHE_BYTES, clock.clone())?;
        let app = App::build(Ground::new(settings, store, clock, Arc::new(SystemRandom)).await?).await?;
        let client = app.clients.prepare_preset(Preset::JiraDc, APPLICATION)?;
        app.clients.insert(&client.client, Batch::new()).await?;
        let secret = client.secret.ok_or("a client without a secret")?;
        let mut provider = Self {
            known: Known {
                address,
                client: client.client.id.to_string(),
                secret: secret.expose().to_owned(),
                cookies: Vec::new(),
            },
            app,
            people: Vec::new(),
            server,
        };
        provider.sign_everybody_in(people).await?;
        Ok(provider)
    }

    /// Serves `router`, the provider's own or another, until the process ends.
    pub async fn serve(self, router: axum::Router) {
        let (_stop, stopping) = Stop::new();
        self.server.serve(router, stopping).await;
    }

    async fn sign_everybody_in(&mut self, people: usize) -> Result<(), Box<dyn Error>> {
        let group = Text::new("jira-software-users")?;
        self.app.users.create_group(group.clone(), None, Batch::new()).await?;
        for number in 0..people {
            let mut person = NewUser::named(Username::new(format!("person-{number}"))?);
            person.groups.insert(group.clone());
            person.profile.name = Some(Text::new(format!("Person {number}"))?);
            person.profile.mail = Some(Mail {
                address: MailAddress::new(format!("person-{number}@example.com"))?,
                verified: true,
            });
            let person = self.app.users.create(person, Batch::new()).await?;
            let mut batch = Batch::new();
            let cookie = self.app.sessions.begin(
                &mut batch,
                &person.id,
                Epoch::default(),
                &self.proofs(&person.id)?,
                &Origin::default(),
            );
            self.app.ground.store.commit(batch).await?;
            self.known.cookies.push(format!("__Host-keyward-session={}", cookie.value()));
            self.people.push(person);
        }
        Ok(())
    }

    /// Proofs come back from storage as they do for every session; only the factors make new ones.
    fn proofs(&self, user: &UserId) -> Result<Vec<Evidence>, serde_json::Error> {
        let journey = JourneyId::generate(self.app.ground.random.as_ref());
        let now: Timestamp = self.app.ground.clock.now();
        let proof = |factor: &str, credential: Option<&str>| {
            serde_json::from_value(serde_json::json!({
                "factor": factor, "credential": credential, "at": now, "journey": journey, "user": user,
            }))
        };
        Ok(vec![proof("password", None)?, proof("totp", Some("bench"))?])
    }
}
