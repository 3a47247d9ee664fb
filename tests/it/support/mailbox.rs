//! A mailbox on the loopback: the demonstration's own, whose SMTP server takes everything.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use keyward::config::mail::{Encryption, Mail};
use keyward::config::{Settings, Site};
use keyward::demo::Inbox;
use keyward::demo::inbox::{Received, smtp};
use keyward::foundation::clock::SystemClock;
use keyward::foundation::random::SystemRandom;
use keyward::pages::{Pages, PagesSettings};
use keyward::web::Web;
use tokio::net::TcpListener;

/// A running mailbox; it ends with the test.
pub struct Mailbox {
    inbox: Arc<Inbox>,
    port: u16,
}

impl Mailbox {
    pub async fn open() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let site = Site::new("http://localhost:8443").unwrap();
        let pages = Arc::new(Pages::new(PagesSettings::default()).unwrap());
        let web = Web { site: Arc::new(site.clone()), pages, random: Arc::new(SystemRandom) };
        let inbox = Arc::new(Inbox::new(web, Arc::new(SystemClock), &site));
        tokio::spawn(smtp::receive(inbox.clone(), listener));
        Self { inbox, port }
    }

    /// The way there.
    pub fn mail(&self) -> Mail {
        plain(self.port)
    }

    /// Points the provider here.
    pub fn serves(&self) -> impl FnOnce(&mut Settings) + use<> {
        let mail = self.mail();
        move |settings| settings.mail = Some(mail)
    }

    /// All that arrived, oldest first.
    pub fn mails(&self) -> Vec<Received> {
        self.inbox.mails().into_iter().rev().collect()
    }
}

/// The way to a port of the loopback, in clear.
pub fn plain(port: u16) -> Mail {
    Mail {
        host: Ipv4Addr::LOCALHOST.to_string(),
        port,
        encryption: Encryption::None,
        sender: "keyward@example.com".to_owned(),
        sender_name: None,
        username: None,
        password: None,
        ca_file: None,
        per_hour: 1000,
    }
}

/// A port where nobody listens.
pub async fn nobody() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap().port()
}

/// Waits until `holds`, for what another task does by itself.
pub async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    for _ in 0..2000 {
        tick.tick().await;
        if holds() {
            return;
        }
    }
    panic!("never: {what}");
}
