//! The demonstration's own mail server, to which the provider is pointed.

use std::net::Ipv4Addr;
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::app::App;
use crate::cli::Failed;
use crate::config::mail::{Encryption, Mail};
use crate::config::{Settings, Site};
use crate::demo::Inbox;
use crate::web::Web;

/// Listens for mail on a free port of the loopback, and has `settings` send it there.
pub async fn listen(settings: &mut Settings) -> Result<TcpListener, Failed> {
    let host = Ipv4Addr::LOCALHOST;
    let failed = |error| Failed(format!("no port of {host} is free for the mailbox: {error}"));
    let listener = TcpListener::bind((host, 0)).await.map_err(failed)?;
    settings.mail = Some(Mail {
        host: host.to_string(),
        port: listener.local_addr().map_err(failed)?.port(),
        encryption: Encryption::None,
        sender: "keyward@example.com".to_owned(),
        sender_name: None,
        username: None,
        password: None,
        ca_file: None,
        per_hour: 10_000,
    });
    Ok(listener)
}

/// The mailbox whose page stands at `url`.
pub fn inbox(app: &App, url: &str) -> Result<Arc<Inbox>, Failed> {
    let site = Arc::new(Site::new(url).map_err(Failed::from_error)?);
    let web = Web { site, pages: app.pages.clone(), random: app.ground.random.clone() };
    Ok(Arc::new(Inbox::new(web, app.ground.clock.clone(), &app.ground.settings.site)))
}
