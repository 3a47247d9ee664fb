//! `keyward demo`: the provider, two demo applications, three sample people and their mailbox, on loopback and nowhere else (R-CO-11, R-OP-01).

mod mailbox;
mod memory;
mod parts;
mod place;
mod report;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Failed, opening, say, serving};
use crate::app::App;
use crate::config::log::Level;
use crate::config::{Settings, Site};
use crate::demo::inbox::smtp::receive;
use crate::outbound::{AddressRules, Outbound};
use crate::telemetry;

use memory::Memory;
use parts::Parts;
use place::Place;
use report::Report;

/// `keyward demo`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Also write addresses, people and secrets to this file, as JSON, once everything answers
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Where to listen; the applications take the next free ports. By default 127.0.0.1:8443 or the next free port
    #[arg(long, value_name = "127.0.0.1:PORT", value_parser = loopback)]
    listen: Option<SocketAddr>,
    /// Keep everything in this folder, for the next start; by default a temporary one, removed at the end
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Give each person an authenticator beforehand, and print its secret
    #[arg(long)]
    totp_enrolled: bool,
    /// Register a further application from a JSON file with client metadata; may be given several times
    #[arg(long = "client", value_name = "FILE")]
    clients: Vec<PathBuf>,
}

fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        text.parse().map_err(|_| "write an address and a port, such as 127.0.0.1:8443".to_owned())?;
    if address.ip().to_canonical().is_loopback() {
        Ok(address)
    } else {
        Err(format!(
            "{} can be reached by other machines; the demo listens on 127.0.0.1 or [::1] only",
            address.ip()
        ))
    }
}

/// Runs the demonstration until it is stopped.
pub async fn run(arguments: Arguments) -> Result<(), Failed> {
    // Files of a tired administrator are read before anything is made.
    let metadata =
        arguments.clients.iter().map(|file| super::client::read(file)).collect::<Result<Vec<_>, _>>()?;
    let place = Place::choose(arguments.data.as_deref())?;
    let mut settings = quiet(&place)?;
    telemetry::log::start(&settings.log);
    let store = opening::store(&settings)?;
    let memory = Memory::read(&place)?;
    let servers = place::Servers::bind(arguments.listen, memory.as_ref()).await?;
    settings.site = Site::new(&servers.issuer()).map_err(Failed::from_error)?;
    settings.listen.addresses = vec![servers.listen()];
    let mailbox = mailbox::listen(&mut settings).await?;
    settings.validate().map_err(Failed::from_error)?;
    let app = opening::with(settings, store).await?;
    let parts = Parts::provide(&app, &servers, memory, &metadata, arguments.totp_enrolled).await?;
    parts.memory.write(&place)?;
    let applications = parts.applications(&app, &servers)?;
    let report = Report::new(&parts.memory, servers.inbox_url());
    let announce = announce(&app, &report, arguments.json.as_deref());
    let inbox = mailbox::inbox(&app, &servers.inbox_url())?;
    let receiving = tokio::spawn(receive(inbox.clone(), mailbox));
    serving::serve(&app, servers.doors(&app, applications, inbox), announce).await?;
    receiving.abort();
    say("The demonstration has stopped.\n");
    Ok(())
}

/// Tells of it only when everything answers.
async fn announce(app: &App, report: &Report, json: Option<&std::path::Path>) -> Result<(), Failed> {
    let outbound = Outbound::new(AddressRules::of(&app.ground.settings.site));
    for address in report.to_answer() {
        let url = url::Url::parse(&address).map_err(Failed::from_error)?;
        let answer = outbound.get(&url, axum::http::HeaderMap::new()).await.map_err(Failed::from_error)?;
        if !answer.status.is_success() {
            return Err(Failed(format!("{address} answers {}", answer.status)));
        }
    }
    if let Some(file) = json {
        report.write(file)?;
    }
    say(&report.text());
    Ok(())
}

/// Settings of a demonstration, but for the address it will have.
fn quiet(place: &Place) -> Result<Settings, Failed> {
    let mut settings = Settings::load(None).map_err(Failed::from_error)?;
    settings.data.folder = place.store();
    settings.data.keys = place.keys();
    settings.policy.first_enrolment_by_password = place::LOOPBACK_NETWORKS.to_vec();
    settings.pages.organisation = "Keyward demonstration".to_owned();
    settings.pages.support = Some("whoever started this demonstration".to_owned());
    settings.log.level = Level::Warn;
    Ok(settings)
}

/// What the applications are called and what they stand in for.
const APPLICATIONS: [(&str, crate::pages::demo_pages::DemoKind); 2] = [
    ("Jira demo", crate::pages::demo_pages::DemoKind::Boards),
    ("Confluence demo", crate::pages::demo_pages::DemoKind::Spaces),
];

type Applications = Vec<Arc<crate::demo::Application>>;
