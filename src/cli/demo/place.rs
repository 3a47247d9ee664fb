//! Where a demonstration lives: its folder, and its ports.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::{APPLICATIONS, Applications, Memory};
use crate::app::App;
use crate::cli::{Failed, serving::Doors};
use crate::config::http::Http;
use crate::config::proxies::Proxies;
use crate::demo::{Inbox, application, inbox};
use crate::foundation::random::{self, SystemRandom};
use crate::server::Server;

/// From here a first authenticator may be set up after the password alone (R-EN-02).
pub const LOOPBACK_NETWORKS: [IpNet; 2] = [
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8)),
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128)),
];

/// Where to listen unless told.
const USUAL: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8443);

/// So many ports are tried before giving up.
const TRIES: u16 = 200;

/// The demonstration's folder: `store` with the data, `keys` with the master key, and what it remembers.
#[derive(Debug)]
pub struct Place {
    folder: PathBuf,
    temporary: bool,
}

impl Place {
    /// `folder`, which is kept, or a fresh temporary one.
    pub fn choose(folder: Option<&Path>) -> Result<Self, Failed> {
        let place = match folder {
            Some(folder) => Self { folder: folder.to_owned(), temporary: false },
            None => {
                let name = format!("keyward-demo-{}", random::alphanumeric(&SystemRandom, 12));
                Self { folder: std::env::temp_dir().join(name), temporary: true }
            }
        };
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&place.folder);
        made.map_err(|error| {
            Failed(format!("the folder {} cannot be used: {error}", place.folder.display()))
        })?;
        Ok(place)
    }

    /// The data folder.
    pub fn store(&self) -> PathBuf {
        self.folder.join("store")
    }

    /// The folder of the master key.
    pub fn keys(&self) -> PathBuf {
        self.folder.join("keys")
    }

    /// What is remembered for the next start.
    pub fn memory(&self) -> PathBuf {
        self.folder.join("demo.json")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.temporary {
            // It is the system's temporary folder; what cannot be removed is its concern.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// The listeners, bound but not yet serving.
#[derive(Debug)]
pub struct Servers {
    /// The provider's.
    pub provider: Server,
    /// The applications', in the order of their table.
    pub applications: Vec<Server>,
    /// The mailbox's.
    pub inbox: Server,
}

impl Servers {
    /// Binds the ports of the earlier start, or those asked for, or the first free ones.
    pub async fn bind(listen: Option<SocketAddr>, memory: Option<&Memory>) -> Result<Self, Failed> {
        match memory {
            Some(memory) => Self::bind_again(listen, memory).await,
            None => Self::bind_anew(listen).await,
        }
    }

    async fn bind_anew(listen: Option<SocketAddr>) -> Result<Self, Failed> {
        let provider = match listen {
            Some(address) => bind(address).await.map_err(in_use)?,
            None => next_free(USUAL).await?,
        };
        let mut after = address(&provider);
        let mut applications = Vec::new();
        for _ in APPLICATIONS {
            after.set_port(after.port().checked_add(1).ok_or_else(no_port)?);
            let server = next_free(after).await?;
            after = address(&server);
            applications.push(server);
        }
        let inbox = next_free(after).await?;
        Ok(Self { provider, applications, inbox })
    }

    /// Issuer and redirect addresses are registered, so the ports cannot change.
    async fn bind_again(listen: Option<SocketAddr>, memory: &Memory) -> Result<Self, Failed> {
        if let Some(asked) = listen
            && asked != memory.listen
        {
            return Err(Failed(format!(
                "this folder belongs to a demonstration at {}: write --listen {} or leave it out, or choose another --data",
                memory.listen, memory.listen
            )));
        }
        let provider = bind(memory.listen).await.map_err(in_use)?;
        let mut applications = Vec::new();
        for registered in &memory.applications {
            applications
                .push(bind(SocketAddr::new(memory.listen.ip(), registered.port())).await.map_err(in_use)?);
        }
        let inbox = match memory.inbox_port {
            Some(port) => bind(SocketAddr::new(memory.listen.ip(), port)).await.map_err(in_use)?,
            None => next_free(memory.listen).await?,
        };
        Ok(Self { provider, applications, inbox })
    }

    /// The port of the mailbox's page.
    pub fn inbox_port(&self) -> u16 {
        address(&self.inbox).port()
    }

    /// `http://localhost:<port>`.
    pub fn inbox_url(&self) -> String {
        base_url(&self.inbox)
    }

    /// `http://localhost:<port>`.
    pub fn issuer(&self) -> String {
        base_url(&self.provider)
    }

    /// The base addresses of the applications.
    pub fn base_urls(&self) -> Vec<String> {
        self.applications.iter().map(base_url).collect()
    }

    /// Where the provider listens.
    pub fn listen(&self) -> SocketAddr {
        address(&self.provider)
    }

    /// Each listener with what it serves.
    pub fn doors(self, app: &App, applications: Applications, inbox: Arc<Inbox>) -> Doors {
        let routers = applications.into_iter().map(application::routes);
        let mut doors: Doors = self.applications.into_iter().zip(routers).collect();
        doors.push((self.provider, app.router()));
        doors.push((self.inbox, inbox::routes(inbox)));
        doors
    }
}

async fn next_free(first: SocketAddr) -> Result<Server, Failed> {
    for port in first.port()..=first.port().saturating_add(TRIES) {
        if let Ok(server) = bind(SocketAddr::new(first.ip(), port)).await {
            return Ok(server);
        }
    }
    Err(no_port())
}

async fn bind(address: SocketAddr) -> Result<Server, String> {
    let proxies = Arc::new(Proxies::none());
    Server::bind(&[address], &Http::default(), proxies).await.map_err(|_| address.to_string())
}

fn in_use(address: String) -> Failed {
    Failed(format!("{address} is in use; stop what listens there, or choose another port with --listen"))
}

fn no_port() -> Failed {
    Failed("no free port was found; choose one with --listen 127.0.0.1:PORT".to_owned())
}

/// Every server here has exactly one address.
fn address(server: &Server) -> SocketAddr {
    server.addresses().first().copied().unwrap_or(USUAL)
}

fn base_url(server: &Server) -> String {
    format!("http://localhost:{}", address(server).port())
}
