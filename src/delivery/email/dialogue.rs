//! One talk with the mail server, step by step, so that what goes wrong is known by its step. Each has its own time.

use std::future::Future;
use std::net::SocketAddr;

use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Noop, Rcpt};
use tokio::net::TcpStream;

use super::Email;
use super::failure::{self, DeliveryError, Step};
use super::line_by_line::LineByLine;
use crate::config::mail::Encryption;

/// A talk that has come as far as sending.
pub(super) struct Dialogue<'a> {
    email: &'a Email,
    connection: AsyncSmtpConnection,
}

impl<'a> Dialogue<'a> {
    /// Finds the server, connects, encrypts and logs in.
    pub async fn open(email: &'a Email) -> Result<Self, DeliveryError> {
        let addresses = resolve(email).await?;
        let connection = if email.encryption == Encryption::Tls {
            let tls = Some(email.tls.clone());
            let connecting = AsyncSmtpConnection::connect_tokio1(&*addresses, None, &email.hello, tls, None);
            timed(email, Step::Connect, connecting).await?
        } else {
            let stream = Box::new(LineByLine::over(connect(email, &addresses).await?));
            let greeting = AsyncSmtpConnection::connect_with_transport(stream, &email.hello);
            timed(email, Step::Connect, greeting).await?
        };
        let mut dialogue = Self { email, connection };
        if email.encryption == Encryption::StartTls {
            dialogue.encrypt().await?;
        }
        dialogue.log_in().await?;
        Ok(dialogue)
    }

    /// Goes on over a connection that was kept, if the server still answers there.
    pub async fn resume(email: &'a Email, mut connection: AsyncSmtpConnection) -> Option<Self> {
        timed(email, Step::Connect, connection.command(Noop))
            .await
            .is_ok()
            .then_some(Self { email, connection })
    }

    /// The connection, to be kept for the next message.
    pub fn into_connection(self) -> AsyncSmtpConnection {
        self.connection
    }

    async fn encrypt(&mut self) -> Result<(), DeliveryError> {
        if !self.connection.can_starttls() {
            return Err(DeliveryError::NoStartTls(self.email.place()));
        }
        let upgrading = self.connection.starttls(self.email.tls.clone(), &self.email.hello);
        timed(self.email, Step::Encrypt, upgrading).await
    }

    async fn log_in(&mut self) -> Result<(), DeliveryError> {
        const KNOWN: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];
        let Some(credentials) = &self.email.credentials else { return Ok(()) };
        // Checked here and not only in the settings: a password never travels in clear.
        if !self.connection.is_encrypted() {
            return Err(DeliveryError::NoStartTls(self.email.place()));
        }
        if self.connection.server_info().get_auth_mechanism(&KNOWN).is_none() {
            return Err(DeliveryError::NoLogin(self.email.place()));
        }
        timed(self.email, Step::LogIn, self.connection.auth(&KNOWN, credentials)).await.map(|_| ())
    }

    /// Hands over one message.
    pub async fn deliver(&mut self, envelope: &Envelope, bytes: &[u8]) -> Result<(), DeliveryError> {
        let sender = Mail::new(envelope.from().cloned(), Vec::new());
        timed(self.email, Step::Sender, self.connection.command(sender)).await?;
        for recipient in envelope.to() {
            let recipient = Rcpt::new(recipient.clone(), Vec::new());
            timed(self.email, Step::Recipient, self.connection.command(recipient)).await?;
        }
        timed(self.email, Step::Data, self.connection.command(Data)).await?;
        timed(self.email, Step::Accept, self.connection.message(bytes)).await.map(|_| ())
    }

    /// Says goodbye. What the server makes of it no longer matters.
    pub async fn close(mut self) {
        let _ = timed(self.email, Step::Accept, self.connection.quit()).await;
    }
}

async fn resolve(email: &Email) -> Result<Vec<SocketAddr>, DeliveryError> {
    let unknown = |why: &str| DeliveryError::UnknownHost(email.host.clone(), why.to_owned());
    let looking = tokio::net::lookup_host((email.host.as_str(), email.port));
    let found = tokio::time::timeout(email.patience, looking).await;
    let found = found.map_err(|_| unknown("no answer"))?.map_err(|error| unknown(&error.to_string()))?;
    Ok(found.collect())
}

async fn connect(email: &Email, addresses: &[SocketAddr]) -> Result<TcpStream, DeliveryError> {
    let unreachable = |why: String| DeliveryError::Unreachable(email.place(), why);
    let connected = tokio::time::timeout(email.patience, TcpStream::connect(addresses)).await;
    let connected = connected.map_err(|_| unreachable("no answer".to_owned()))?;
    let connected = connected.map_err(|error| unreachable(error.to_string()))?;
    // Else each step of the talk waits for the acknowledgement of the one before.
    connected.set_nodelay(true).map_err(|error| unreachable(error.to_string()))?;
    Ok(connected)
}

async fn timed<T>(
    email: &Email,
    step: Step,
    doing: impl Future<Output = Result<T, Error>>,
) -> Result<T, DeliveryError> {
    match tokio::time::timeout(email.patience, doing).await {
        Ok(done) => done.map_err(|error| failure::at(step, email, &error)),
        Err(_) => Err(DeliveryError::Slow(email.place(), step.name())),
    }
}
