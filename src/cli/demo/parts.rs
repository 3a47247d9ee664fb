//! Provides what a demonstration shows: made at its first start, found again at later ones.

use std::sync::Arc;

use super::memory::{Memory, RegisteredApplication, RegisteredClient};
use super::place::Servers;
use super::{APPLICATIONS, Applications};
use crate::app::App;
use crate::cli::Failed;
use crate::cli::client::{credentials, refused};
use crate::clients::Preset;
use crate::demo::application::{Surroundings, logout, mapping::Mapping, routes};
use crate::demo::people::Making;
use crate::demo::{Application, Configuration};
use crate::foundation::secret::Hidden;
use crate::pages::demo_pages::DemoKind;
use crate::vocabulary::ClientMetadata;

/// Everything that was provided.
#[derive(Debug)]
pub struct Parts {
    /// To be written for the next start.
    pub memory: Memory,
}

impl Parts {
    /// People and clients: those of `memory`, or new ones.
    pub async fn provide(
        app: &App,
        servers: &Servers,
        memory: Option<Memory>,
        metadata: &[ClientMetadata],
        enrolled: bool,
    ) -> Result<Self, Failed> {
        let making = making(app);
        let inbox_port = Some(servers.inbox_port());
        let mut memory = match memory {
            Some(memory) => Memory { inbox_port, ..memory },
            None => Memory {
                listen: servers.listen(),
                issuer: servers.issuer(),
                people: making.all(enrolled).await.map_err(Failed::from_error)?,
                applications: register_applications(app, servers).await?,
                inbox_port,
                clients: Vec::new(),
            },
        };
        if enrolled {
            for person in memory.people.iter_mut().filter(|person| person.totp_secret.is_none()) {
                making.enrol(person).await.map_err(Failed::from_error)?;
            }
        }
        for metadata in metadata {
            if !memory.clients.iter().any(|known| known.metadata == *metadata) {
                memory.clients.push(register_client(app, metadata).await?);
            }
        }
        Ok(Self { memory })
    }

    /// The applications, configured as an administrator would.
    pub fn applications(&self, app: &App, servers: &Servers) -> Result<Applications, Failed> {
        let registered = self.memory.applications.iter().zip(APPLICATIONS);
        let issuer = servers.issuer();
        let made = registered.map(|(registered, (_, kind))| {
            let configuration = Configuration {
                kind,
                name: registered.name.clone(),
                base_url: registered.base_url.clone(),
                issuer: issuer.clone(),
                client_id: registered.client_id.clone(),
                client_secret: Hidden::new(&*registered.client_secret),
                mapping: Mapping::default(),
                inbox_url: servers.inbox_url(),
            };
            let surroundings = Surroundings {
                pages: app.pages.clone(),
                clock: app.ground.clock.clone(),
                random: app.ground.random.clone(),
            };
            Application::new(configuration, surroundings).map(Arc::new).map_err(Failed)
        });
        made.collect()
    }
}

fn making(app: &App) -> Making {
    Making {
        store: app.ground.store.clone(),
        users: app.users.clone(),
        passwords: app.passwords.clone(),
        rules: app.password_rules(),
        enrolment: app.enrolment.clone(),
        random: app.ground.random.clone(),
    }
}

async fn register_applications(app: &App, servers: &Servers) -> Result<Vec<RegisteredApplication>, Failed> {
    let mut registered = Vec::new();
    for ((name, kind), base_url) in APPLICATIONS.into_iter().zip(servers.base_urls()) {
        registered.push(register_application(app, name, kind, &base_url).await?);
    }
    Ok(registered)
}

/// By the product's preset, plus what the stand-in has beyond it: the way back after sign-out, and the frame.
async fn register_application(
    app: &App,
    name: &str,
    kind: DemoKind,
    base_url: &str,
) -> Result<RegisteredApplication, Failed> {
    let preset = match kind {
        DemoKind::Boards => Preset::JiraDc,
        DemoKind::Spaces => Preset::ConfluenceDc,
    };
    let mut metadata = preset.metadata(base_url, &app.ground.settings.site).map_err(Failed)?;
    metadata.client_name = Some(name.to_owned());
    metadata.post_logout_redirect_uris.push(logout::post_logout_redirect_uri(base_url));
    metadata.frontchannel_logout_uri = Some(format!("{base_url}{}", routes::FRONT_CHANNEL_LOGOUT));
    let redirect_uri = metadata.redirect_uris.first().cloned().unwrap_or_default();
    let registered = app.clients.register(metadata, Some(preset)).await.map_err(refused)?;
    let (client_id, client_secret) = credentials(&registered);
    Ok(RegisteredApplication {
        name: name.to_owned(),
        base_url: base_url.to_owned(),
        client_id,
        client_secret: client_secret.unwrap_or_default(),
        redirect_uri,
    })
}

async fn register_client(app: &App, metadata: &ClientMetadata) -> Result<RegisteredClient, Failed> {
    let registered = app.clients.register(metadata.clone(), None).await.map_err(refused)?;
    let (client_id, client_secret) = credentials(&registered);
    Ok(RegisteredClient {
        name: registered.client.name.clone(),
        client_id,
        client_secret,
        redirect_uris: metadata.redirect_uris.clone(),
        metadata: metadata.clone(),
    })
}
