//! The demonstration's mailbox: an SMTP server on the loopback that takes every mail the provider sends and passes none
//! on, and a page that shows them. What it holds is gone with the process.
//!
//! Must not: listen anywhere but on the loopback, or grow without bound.
//! Follows: RFC 5321 as far as one polite client needs it; security requirements R-CO-11, R-OP-01.

pub mod mail;
pub mod page;
pub mod routes;
pub mod smtp;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::Site;
use crate::foundation::Clock;
use crate::web::Web;

pub use mail::Received;
pub use routes::routes;

/// So many mails are kept; the oldest give way.
pub const MOST: usize = 500;

/// The mailbox.
#[derive(Debug)]
pub struct Inbox {
    mails: Mutex<VecDeque<Received>>,
    web: Arc<Web>,
    clock: Arc<dyn Clock>,
    provider: String,
}

impl Inbox {
    /// An empty mailbox whose page stands at `web`'s site; links in mails lead to `provider`, an origin.
    pub fn new(web: Web, clock: Arc<dyn Clock>, provider: &Site) -> Self {
        Self { mails: Mutex::default(), web: Arc::new(web), clock, provider: provider.issuer().to_owned() }
    }

    /// Keeps a mail that was received.
    pub fn keep(&self, sender: String, recipients: Vec<String>, bytes: &[u8]) {
        let mut mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        let id = mails.front().map_or(1, |newest| newest.id.saturating_add(1));
        let envelope = mail::Envelope { id, received_at: self.clock.now(), sender, recipients };
        mails.push_front(Received::read(envelope, bytes));
        mails.truncate(MOST);
    }

    /// All mails, newest first.
    pub fn mails(&self) -> Vec<Received> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn mail(&self, id: u64) -> Option<Received> {
        self.mails().into_iter().find(|mail| mail.id == id)
    }
}
