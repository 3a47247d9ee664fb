//! `[mail]`: the one server that takes the provider's mail. Without the section no mail is sent, and none is asked for.

use std::net::IpAddr;
use std::path::PathBuf;

use lettre::Address;

use super::reader::Section;
use super::site::Site;
use super::wrong::WrongSetting;
use crate::foundation::secret::Hidden;

/// How the way to the mail server is encrypted (R-OB-05).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// The server must offer STARTTLS (RFC 3207); without it nothing is sent.
    StartTls,
    /// TLS from the first byte (RFC 8314 section 3.3).
    Tls,
    /// None: to the loopback in loopback mode only.
    None,
}

impl Encryption {
    /// The port that is usual for it.
    fn usual_port(self) -> u64 {
        match self {
            Self::StartTls => 587,
            Self::Tls => 465,
            Self::None => 25,
        }
    }
}

/// The section `[mail]`.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The server's name, which its certificate must bear, or its address.
    pub host: String,
    /// Its port; by default the usual one of `encryption`.
    pub port: u16,
    /// How the way there is encrypted; STARTTLS by default.
    pub encryption: Encryption,
    /// The address that mails come from.
    pub sender: String,
    /// The name beside it; the organisation's by default.
    pub sender_name: Option<String>,
    /// The name to log in with; without one nobody logs in.
    pub username: Option<String>,
    /// The password to log in with.
    pub password: Option<Hidden>,
    /// A file with the certificates (PEM) that vouch for the server; the system's by default.
    pub ca_file: Option<PathBuf>,
    /// Mails sent in one hour; what is beyond waits for the next. 1,000 by default (R-RL-07).
    pub per_hour: u64,
}

impl Mail {
    pub(super) fn read(section: &mut Section) -> Result<Option<Self>, WrongSetting> {
        if section.is_empty() {
            return Ok(None);
        }
        let encryptions =
            [("starttls", Encryption::StartTls), ("tls", Encryption::Tls), ("none", Encryption::None)];
        let encryption = section.choice("encryption", &encryptions, Encryption::StartTls)?;
        let port = section.number("port", encryption.usual_port(), 1, 65535)?;
        Ok(Some(Self {
            host: section.text("host")?.unwrap_or_default(),
            port: u16::try_from(port).unwrap_or_default(),
            encryption,
            sender: section.text("sender")?.unwrap_or_default(),
            sender_name: section.text("sender_name")?,
            username: section.text("username")?,
            password: section.secret("password")?,
            ca_file: section.path("ca_file")?,
            per_hour: section.number("per_hour", 1000, 1, 1_000_000)?,
        }))
    }

    /// Host and sender can be used, who logs in has name and password, and only the loopback is spoken to in clear.
    pub fn validate(&self, site: &Site) -> Result<(), WrongSetting> {
        let wrong =
            |key: &str, seen: String, right: &str| Err(WrongSetting::new(format!("mail.{key}"), seen, right));
        if url::Host::parse(&self.host).is_err() {
            let right =
                "write the mail server's name as its certificate bears it, such as \"smtp.example.com\"";
            return wrong("host", format!("is \"{}\"", self.host), right);
        }
        if !self.sender.is_ascii() || self.sender.parse::<Address>().is_err() {
            let right = "write the address mails shall come from, such as \"keyward@example.com\"";
            return wrong("sender", format!("is \"{}\"", self.sender), right);
        }
        if self.sender_name.as_ref().is_some_and(|name| name.is_empty() || name.chars().any(char::is_control))
        {
            return wrong(
                "sender_name",
                "is empty or has control characters".to_owned(),
                "write it on one line",
            );
        }
        if self.username.is_some() != self.password.is_some() {
            let missing = if self.username.is_some() { "password" } else { "username" };
            return wrong(
                missing,
                "is missing".to_owned(),
                "set both mail.username and mail.password, or neither",
            );
        }
        if let Some(file) = self.ca_file.as_ref().filter(|file| !file.is_file()) {
            let seen = format!("is \"{}\", where there is no file", file.display());
            return wrong(
                "ca_file",
                seen,
                "name a file with certificates (PEM), or remove it to use the system's",
            );
        }
        if self.encryption == Encryption::None && !(site.is_loopback() && self.is_on_loopback()) {
            let right =
                "write \"starttls\" or \"tls\": without encryption anybody on the way reads one-time links";
            return wrong("encryption", "is \"none\"".to_owned(), right);
        }
        if self.encryption == Encryption::None && self.username.is_some() {
            let right = "remove mail.username and mail.password, or write \"starttls\" or \"tls\"";
            return wrong("encryption", "is \"none\", which would show the password".to_owned(), right);
        }
        Ok(())
    }

    fn is_on_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}
