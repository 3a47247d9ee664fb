//! Keyward inside another program: its routes stand beside the program's own, and everything is kept in memory.
//!
//! Run it with `cargo run --example embedded`, then open the address it prints. `tests/it/app/embedded.rs` runs it too.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use keyward::app::{App, Ground};
use keyward::config::{Settings, Site};
use keyward::foundation::clock::SystemClock;
use keyward::foundation::random::SystemRandom;
use keyward::server::{Server, Stop};
use keyward::storage;

/// The program, bound to an address but not yet serving.
pub struct Program {
    /// `http://localhost:PORT`, the issuer too.
    pub issuer: String,
    /// The provider: its people, applications and sessions are within reach.
    pub provider: App,
    server: Server,
}

impl Program {
    /// Puts it together; the master key is made in `folder`.
    pub async fn new(folder: &Path) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let mut settings = Settings::parse("embedded", folder, "")?;
        // Keyward's own listeners bound every connection, and tell it who is at the other end.
        let proxies = Arc::new(settings.proxies.clone());
        let server = Server::bind(&["127.0.0.1:0".parse()?], &settings.http, proxies).await?;
        let port = server.addresses().first().ok_or("no address")?.port();
        let issuer = format!("http://localhost:{port}");
        settings.site = Site::new(&issuer)?;
        let clock = Arc::new(SystemClock);
        // `storage::redb::open` instead keeps everything in a folder.
        let store = storage::memory::open(clock.clone());
        let ground = Ground::new(settings, store, clock, Arc::new(SystemRandom)).await?;
        Ok(Self { issuer, provider: App::build(ground).await?, server })
    }

    /// Serves until `stop`'s other end asks it not to.
    pub async fn serve(self, stopping: keyward::server::Stopping) {
        let own = Router::new().route("/hello", get(|| async { "This page is the program's own.\n" }));
        let all = own.merge(self.provider.router());
        self.server.serve(all, stopping).await;
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let folder = std::env::temp_dir().join(format!("keyward-embedded-{}", std::process::id()));
    let program = Program::new(&folder).await?;
    let issuer = &program.issuer;
    eprintln!(
        "the program's own page: {issuer}/hello\nKeyward's: {issuer}/.well-known/openid-configuration and {issuer}/sign-in"
    );
    let (stop, stopping) = Stop::new();
    tokio::spawn(stop.on_signals()?);
    program.serve(stopping).await;
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
