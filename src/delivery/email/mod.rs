//! Mail over SMTP (RFC 5321) to the one server that is configured: encrypted, its certificate checked against its name. A
//! connection over which a mail went out is kept for a minute, for the next one.
//!
//! A mail is accepted when the server says so after the last line. If the connection is lost between that line and the
//! server's word, nobody can know (RFC 5321 section 6.1): it is sent again, with the same `Message-ID`, by which mailboxes
//! recognise the second copy.
//!
//! Follows: RFC 5321, RFC 3207 (STARTTLS), RFC 8314, RFC 4954 (AUTH), RFC 2045 to 2047 by the library; R-OB-05.

mod dialogue;
pub mod failure;
mod line_by_line;
pub mod message;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lettre::Address;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::extension::ClientId;

pub use failure::DeliveryError;
pub use message::Message;

use crate::config::mail::{Encryption, Mail};
use crate::foundation::clock::Stopwatch;
use dialogue::Dialogue;

/// How long the server may take for each step, and the way to it to come about.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// For so long a connection is kept.
const KEPT_FOR: Duration = Duration::from_secs(60);
/// So many are kept.
const KEPT: usize = 4;

/// The way to the mail server.
#[derive(Clone)]
pub struct Email {
    host: String,
    port: u16,
    encryption: Encryption,
    tls: TlsParameters,
    credentials: Option<Credentials>,
    sender: Address,
    sender_name: Option<String>,
    hello: ClientId,
    patience: Duration,
    kept: Arc<Mutex<Vec<Kept>>>,
}

/// A connection over which a mail went out, and for how long nothing has since.
type Kept = (AsyncSmtpConnection, Stopwatch);

impl std::fmt::Debug for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "mail by {}:{}", self.host, self.port)
    }
}

impl Email {
    /// The way that `settings` describe. Certificates that vouch for the server are read here, once.
    pub fn new(settings: &Mail) -> Result<Self, DeliveryError> {
        let sender: Address = settings.sender.parse().map_err(|_| DeliveryError::Address("sender"))?;
        let login = settings.username.as_ref().zip(settings.password.as_ref());
        Ok(Self {
            host: settings.host.clone(),
            port: settings.port,
            encryption: settings.encryption,
            tls: tls(settings)?,
            credentials: login
                .map(|(name, secret)| Credentials::new(name.clone(), secret.expose().to_owned())),
            sender,
            sender_name: settings.sender_name.clone(),
            hello: ClientId::default(),
            patience: PATIENCE,
            kept: Arc::default(),
        })
    }

    /// The same with less patience: for tests.
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Sends one mail. `Ok` means that the server has taken it over.
    pub async fn send(&self, message: &Message) -> Result<(), DeliveryError> {
        let name = self.sender_name.as_deref().unwrap_or(&message.sender_name);
        let sender = Mailbox::new(Some(message::one_line(name)), self.sender.clone());
        let (envelope, bytes) = message.encode(&sender, &self.host)?;
        let mut dialogue = match self.resumed().await {
            Some(dialogue) => dialogue,
            None => Dialogue::open(self).await?,
        };
        dialogue.deliver(&envelope, &bytes).await?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT {
            kept.push((dialogue.into_connection(), Stopwatch::start()));
        }
        Ok(())
    }

    /// A talk over a connection that was kept, if there is one that still works.
    async fn resumed(&self) -> Option<Dialogue<'_>> {
        loop {
            let (connection, since) = self.kept.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            if since.elapsed() < KEPT_FOR
                && let Some(dialogue) = Dialogue::resume(self, connection).await
            {
                return Some(dialogue);
            }
        }
    }

    /// Goes the whole way, logs in where that is configured, and sends nothing.
    pub async fn test_connection(&self) -> Result<(), DeliveryError> {
        Dialogue::open(self).await?.close().await;
        Ok(())
    }
}

fn tls(settings: &Mail) -> Result<TlsParameters, DeliveryError> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if settings.encryption == Encryption::None {
        builder = builder.certificate_store(CertificateStore::None);
    }
    if let Some(file) = &settings.ca_file {
        let unusable = |why: String| DeliveryError::CaFile(file.display().to_string(), why);
        let pem = std::fs::read(file).map_err(|error| unusable(error.to_string()))?;
        if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") {
            return Err(unusable("it holds none".to_owned()));
        }
        let authority = Certificate::from_pem(&pem).map_err(|error| unusable(error.to_string()))?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(authority);
    }
    builder.build().map_err(|error| DeliveryError::Tls(failure::deepest(&error)))
}
