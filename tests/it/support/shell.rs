//! A running server around routes made for a test.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use keyward::config::Site;
use keyward::config::http::Http;
use keyward::config::proxies::Proxies;
use keyward::foundation::random::SystemRandom;
use keyward::server::{Server, Shell, Stop, with_layers};
use keyward::web::Probes;
use keyward::web::answer::{ErrorPage, PageSource};
use tokio::task::JoinHandle;

use super::raw::{self, Answer};

/// Draws error pages so plainly that tests can read every value in them.
#[derive(Debug)]
pub struct PlainPages;

impl PageSource for PlainPages {
    fn error_page(&self, page: &ErrorPage<'_>) -> String {
        assert!(page.text != "pages_fail", "the pages fail");
        format!("<p>{} {} {:?} {} {}", page.status, page.text, page.values, page.request_id, page.nonce)
    }
}

/// How a server differs from the usual one.
pub struct Plan {
    pub site: Site,
    pub proxies: Proxies,
    pub bounds: Http,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            site: Site::new("https://id.example.com").unwrap(),
            proxies: Proxies::none(),
            bounds: Http::default(),
        }
    }
}

/// A running server; it ends with the test.
pub struct Running {
    pub address: SocketAddr,
    pub stop: Stop,
    pub ended: JoinHandle<()>,
}

impl Plan {
    /// What the layers need.
    pub fn shell(&self) -> Shell {
        Shell {
            site: Arc::new(self.site.clone()),
            proxies: Arc::new(self.proxies.clone()),
            bounds: self.bounds.clone(),
            pages: Arc::new(PlainPages),
            random: Arc::new(SystemRandom),
            probes: Probes::default(),
        }
    }

    /// `routes` within all layers, without a listener.
    pub fn wrap(&self, routes: Router) -> Router {
        with_layers(routes, &self.shell())
    }

    /// Starts `routes` within all layers on a free port of 127.0.0.1.
    pub async fn start(self, routes: Router) -> Running {
        let shell = self.shell();
        self.start_within(&shell, routes).await
    }

    /// The same within layers of the test's own.
    pub async fn start_within(self, shell: &Shell, routes: Router) -> Running {
        let router = with_layers(routes, shell);
        let server =
            Server::bind(&["127.0.0.1:0".parse().unwrap()], &self.bounds, self.proxies.into()).await.unwrap();
        let address = server.addresses()[0];
        let (stop, stopping) = Stop::new();
        let ended = tokio::spawn(server.serve(router, stopping));
        Running { address, stop, ended }
    }
}

/// The usual server.
pub async fn start(routes: Router) -> Running {
    Plan::default().start(routes).await
}

/// One that loses patience quickly: for tests about slowness, which last as long as its patience.
pub fn impatient() -> Plan {
    let soon = Duration::from_millis(300);
    let bounds =
        Http { header_time: soon, body_time: soon, request_time: Duration::from_secs(5), ..Http::default() };
    Plan { bounds, ..Plan::default() }
}

impl Running {
    /// Sends a GET with further header lines, each ended by CR LF.
    pub async fn get(&self, path: &str, headers: &str) -> Answer {
        raw::send(self.address, raw::get("id.example.com", path, headers)).await
    }

    /// Sends a form.
    pub async fn post(&self, path: &str, headers: &str, body: &str) -> Answer {
        raw::send(self.address, raw::post("id.example.com", path, headers, body)).await
    }
}
