//! `keyward serve`.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use super::{Failed, Place, administrator, opening, say, serving};
use crate::app::App;
use crate::config::Settings;
use crate::foundation::clock::SystemClock;
use crate::server::listeners::Audience;
use crate::server::{Inherited, Server, Tls, admin};
use crate::telemetry::{self, Metrics, metrics};

/// How often the certificate is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Serves until it is stopped.
pub async fn run(place: &Place) -> Result<(), Failed> {
    let settings = place.read()?;
    telemetry::log::start(&settings.log);
    let metrics = Metrics::install().map_err(Failed::from_error)?;
    let tls = Tls::start(&settings.tls, &settings.site, Arc::new(SystemClock)).map_err(Failed::from_error)?;
    let store = opening::store(&settings)?;
    let app = opening::with(settings, store).await?;
    let settings = &app.ground.settings;
    let (server, administrators) = bind(settings, tls.as_deref()).await?;
    say(&greeting(settings, &server, administrators.as_ref()));
    let mut doors = vec![(server, app.router())];
    if let Some(server) = administrators {
        let routes = admin::routes(&settings.admin, &settings.http, app.health.clone(), metrics.clone());
        doors.push((server, routes));
    }
    say(&administrator::welcome(&app, std::io::stdout().is_terminal()).await?);
    serving::serve(&app, doors, keep_watch(&app, tls, metrics)).await?;
    say("Keyward has stopped.\n");
    Ok(())
}

/// Everybody's listener, and the administrators'.
async fn bind(settings: &Settings, tls: Option<&Tls>) -> Result<(Server, Option<Server>), Failed> {
    let mut inherited = Inherited::receive()
        .map_err(|error| Failed(format!("a socket that was handed over cannot be used: {error}")))?;
    let proxies = Arc::new(settings.proxies.clone());
    let addresses = &settings.listen.addresses;
    let server =
        Server::bind_for(Audience::Everybody, addresses, &settings.http, proxies, &mut inherited).await;
    let server = server.map_err(Failed::from_error)?.encrypted(tls).map_err(Failed::from_error)?;
    let administrators = bind_administrators(settings, tls, &mut inherited).await?;
    match inherited.left() {
        None => Ok((server, administrators)),
        Some(address) => Err(Failed(format!(
            "a socket on {address} was handed over, which is not among the addresses to listen on; write the same addresses in the socket unit (ListenStream=) and in listen.addresses"
        ))),
    }
}

/// In plain where only this machine can reach it.
async fn bind_administrators(
    settings: &Settings,
    tls: Option<&Tls>,
    inherited: &mut Inherited,
) -> Result<Option<Server>, Failed> {
    let Some(address) = settings.admin.listen else { return Ok(None) };
    let proxies = Arc::new(settings.proxies.clone());
    let server =
        Server::bind_for(Audience::Administrators, &[address], &settings.http, proxies, inherited).await;
    let server = match server {
        Err(error) if !settings.admin.asked_for => {
            tracing::warn!("no metrics: {error}");
            return Ok(None);
        }
        other => other.map_err(Failed::from_error)?,
    };
    let tls = tls.filter(|_| settings.admin.is_remote());
    server.encrypted(tls).map(Some).map_err(Failed::from_error)
}

/// Looks at the certificate, and tidies the figures, as long as we serve.
async fn keep_watch(app: &App, tls: Option<Arc<Tls>>, metrics: Metrics) -> Result<(), Failed> {
    let passwords = app.passwords.clone();
    metrics.observe(move || {
        let workers = passwords.workers();
        metrics::password_hashes(workers.hashes(), workers.shed(), workers.waiting());
    });
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        metrics.tidy();
        if let Some(tls) = tls.clone() {
            // Only a panic could fail it, and the next look comes.
            let _ = tokio::task::spawn_blocking(move || tls.look()).await;
        }
    }
}

fn greeting(settings: &Settings, server: &Server, administrators: Option<&Server>) -> String {
    let list =
        |server: &Server| server.addresses().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let metrics =
        administrators.map_or_else(|| "off".to_owned(), |server| format!("{}/metrics", list(server)));
    let mut text = format!(
        "Keyward serves {}\n  listens on   {}\n  metrics      {metrics}\n  data folder  {}\n  keys folder  {}\n",
        settings.site.issuer(),
        list(server),
        settings.data.folder.display(),
        settings.data.keys.display(),
    );
    if settings.site.is_loopback() {
        text.push_str(
            "\n  LOOPBACK MODE: only this machine can reach it, without encryption. To serve your organisation, set issuer\n  \
             in a settings file to the https address people will use, and start with --settings FILE.\n",
        );
    }
    text
}
