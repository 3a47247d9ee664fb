//! `keyward serve`.

use std::sync::Arc;

use super::{Failed, Place, administrator, opening, say, serving};
use crate::config::Settings;
use crate::server::Server;
use crate::telemetry;

/// Serves until it is stopped.
pub async fn run(place: &Place) -> Result<(), Failed> {
    let settings = Settings::load(place.settings.as_deref()).map_err(Failed::from_error)?;
    telemetry::log::start(&settings.log);
    let store = opening::store(&settings)?;
    let app = opening::with(settings, store).await?;
    let settings = &app.ground.settings;
    let proxies = Arc::new(settings.proxies.clone());
    let server = Server::bind(&settings.listen.addresses, &settings.http, proxies);
    let server = server.await.map_err(Failed::from_error)?;
    say(&greeting(settings, &server));
    let router = app.router();
    say(&administrator::welcome(&app).await?);
    serving::serve(&app, vec![(server, router)], async { Ok(()) }).await?;
    say("Keyward has stopped.\n");
    Ok(())
}

fn greeting(settings: &Settings, server: &Server) -> String {
    let addresses: Vec<_> = server.addresses().iter().map(ToString::to_string).collect();
    let mut text = format!(
        "Keyward serves {}\n  listens on   {}\n  data folder  {}\n  keys folder  {}\n",
        settings.site.issuer(),
        addresses.join(", "),
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
