//! What can go wrong on the way, as one sentence that names the mend.

use lettre::transport::smtp::Error;
use rustls::CertificateError;

use super::Email;
use crate::outbound::tls_error;

/// The steps of a talk with the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Connect,
    Encrypt,
    LogIn,
    Sender,
    Recipient,
    Data,
    Accept,
}

impl Step {
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "the greeting",
            Self::Encrypt => "encryption",
            Self::LogIn => "the login",
            Self::Sender => "the sender's address",
            Self::Recipient => "the recipient's address",
            Self::Data => "the announcement of the message",
            Self::Accept => "the message",
        }
    }
}

/// Why a mail was not taken over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// The host's name leads nowhere.
    #[error("the mail server's name {0} was not found ({1}); mend mail.host, or this machine's name servers")]
    UnknownHost(String, String),
    /// Nobody listens there, or the way is blocked.
    #[error(
        "{0} cannot be reached ({1}); mend mail.host and mail.port, or let this machine through the firewall"
    )]
    Unreachable(String, String),
    /// It does not answer in time.
    #[error("{0} did not answer to {1} within 10 seconds; check that it is an SMTP server, and its load")]
    Slow(String, &'static str),
    /// It does not offer STARTTLS.
    #[error(
        "{0} offers no encryption (STARTTLS); write mail.encryption = \"tls\" if it encrypts from the start, or switch it on there"
    )]
    NoStartTls(String),
    /// Its certificate is not good for us.
    #[error("the certificate of {0} is not accepted: {1}")]
    Certificate(String, String),
    /// Encryption did not come about.
    #[error(
        "encryption did not come about ({0}); mail.encryption is \"starttls\" for port 587 and \"tls\" for port 465"
    )]
    Tls(String),
    /// The file with the certificates cannot be used.
    #[error("the file {0} in mail.ca_file cannot be used ({1}); it must hold certificates in PEM form")]
    CaFile(String, String),
    /// It offers no way to log in that we know.
    #[error(
        "{0} offers no login by password; remove mail.username and mail.password, or choose the port for submission (587 or 465)"
    )]
    NoLogin(String),
    /// Name or password are wrong.
    #[error("{0} refused the login ({1}); mend mail.username and mail.password")]
    LoginRefused(String, String),
    /// The sender's address is not allowed.
    #[error("{0} refused the sender ({1}); mend mail.sender, or log in with mail.username")]
    SenderRefused(String, String),
    /// The recipient's address is not served.
    #[error("{place} refused the recipient ({said}); mend the address, or allow this machine to send to it")]
    RecipientRefused {
        /// The server.
        place: String,
        /// What it said.
        said: String,
        /// Whether it will say the same next time.
        permanent: bool,
    },
    /// The message was not taken.
    #[error("{place} refused the message ({said}); its own log says why")]
    MessageRefused {
        /// The server.
        place: String,
        /// What it said.
        said: String,
        /// Whether it will say the same next time.
        permanent: bool,
    },
    /// The connection was lost.
    #[error("{0} broke off during {1} ({2}); its own log says why")]
    Dropped(String, &'static str, String),
    /// Something else than SMTP, or a refusal to talk at all.
    #[error("{0} did not talk as a mail server does ({1}); mend mail.port and mail.encryption")]
    NotSpoken(String, String),
    /// An address that cannot be written to: whose.
    #[error(
        "the {0}'s mail address cannot be written to: it must have an internet domain, and only ASCII letters before the @"
    )]
    Address(&'static str),
    /// The message could not be put together: a fault of ours.
    #[error("the message could not be written: {0}")]
    Unwritable(String),
}

impl DeliveryError {
    /// Whether trying again is in vain, whatever an administrator mends in the settings.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::RecipientRefused { permanent, .. } | Self::MessageRefused { permanent, .. } => *permanent,
            Self::Address(_) | Self::Unwritable(_) => true,
            _ => false,
        }
    }
}

impl DeliveryError {
    /// Whether it concerns the server itself, and so every mail.
    pub fn is_of_server(&self) -> bool {
        !matches!(
            self,
            Self::RecipientRefused { .. }
                | Self::MessageRefused { .. }
                | Self::Address(_)
                | Self::Unwritable(_)
        )
    }
}

impl Email {
    /// Host and port.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// What the library's `error` means at `step`.
pub(super) fn at(step: Step, email: &Email, error: &Error) -> DeliveryError {
    let (place, said) = (email.place(), deepest(error));
    if error.status().is_some() {
        let permanent = error.is_permanent();
        return match step {
            Step::LogIn => DeliveryError::LoginRefused(place, said),
            Step::Sender => DeliveryError::SenderRefused(place, said),
            Step::Recipient => DeliveryError::RecipientRefused { place, said, permanent },
            Step::Data | Step::Accept => DeliveryError::MessageRefused { place, said, permanent },
            Step::Connect | Step::Encrypt => DeliveryError::NotSpoken(place, said),
        };
    }
    if let Some(tls) = tls_error(error) {
        return match tls {
            rustls::Error::InvalidCertificate(why) => DeliveryError::Certificate(place, mend(why, email)),
            _ => DeliveryError::Tls(said),
        };
    }
    match step {
        Step::Connect if error.is_response() => DeliveryError::NotSpoken(place, said),
        Step::Connect => DeliveryError::Unreachable(place, said),
        _ => DeliveryError::Dropped(place, step.name(), said),
    }
}

fn mend(why: &CertificateError, email: &Email) -> String {
    let host = &email.host;
    match why {
        CertificateError::NotValidForNameContext { presented, .. } => format!(
            "it is for {}, not for {host}; write that name as mail.host",
            if presented.is_empty() { "no name".to_owned() } else { presented.join(", ") }
        ),
        CertificateError::NotValidForName => format!("it is not for {host}; write its own name as mail.host"),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it has expired; renew it on the mail server".to_owned()
        }
        CertificateError::UnknownIssuer => {
            "nobody whom this machine trusts has signed it; name its authority's certificate in mail.ca_file"
                .to_owned()
        }
        other => format!("{other}; renew it on the mail server"),
    }
}

/// The innermost reason, on one line and cut short: it comes from the server.
pub(super) fn deepest(error: &Error) -> String {
    let mut reason: &dyn std::error::Error = error;
    while let Some(deeper) = reason.source() {
        reason = deeper;
    }
    let text: String =
        reason.to_string().chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let status = error.status().map(|code| format!("{code} ")).unwrap_or_default();
    format!("{status}{}", text.trim()).chars().take(300).collect()
}
