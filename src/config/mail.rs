//! `[mail]`: the one server that takes the provider's mail. Without the section no mail is sent, and none is asked for.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use lettre::Address;
use serde::{Deserialize, Serialize};

use super::reader::Section;
use super::site::Site;
use super::wrong::WrongSetting;
use crate::foundation::secret::Hidden;

/// How the way to the mail server is encrypted (R-OB-05).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    /// The server must offer STARTTLS (RFC 3207); without it nothing is sent.
    #[default]
    StartTls,
    /// TLS from the first byte (RFC 8314 section 3.3).
    Tls,
    /// None: to the loopback in loopback mode only.
    None,
}

impl Encryption {
    /// The port that is usual for it.
    pub fn usual_port(self) -> u16 {
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

/// The server, if one is set, and the file with the certificates that vouch for it or for one that is applied later.
pub(super) fn read(section: &mut Section) -> Result<(Option<Mail>, Option<PathBuf>), WrongSetting> {
    let ca_file = section.path("ca_file")?;
    let mail = if section.is_empty() { None } else { Some(Mail::read(section, ca_file.clone())?) };
    Ok((mail, ca_file))
}

/// The file is there. Whether it holds certificates is seen when the way to the server is made.
pub(super) fn fault_of_ca_file(file: Option<&Path>) -> Option<WrongSetting> {
    let file = file.filter(|file| !file.is_file())?;
    let seen = format!("is \"{}\", where there is no file", file.display());
    let right = "name a file with certificates (PEM), or remove it to use the system's";
    Some(WrongSetting::new("mail.ca_file", seen, right))
}

impl Mail {
    /// Mails sent in one hour, unless it is set.
    pub const PER_HOUR: u64 = 1000;
    /// The most that it can be set to.
    pub const MOST_PER_HOUR: u64 = 1_000_000;

    fn read(section: &mut Section, ca_file: Option<PathBuf>) -> Result<Self, WrongSetting> {
        let encryptions =
            [("starttls", Encryption::StartTls), ("tls", Encryption::Tls), ("none", Encryption::None)];
        let encryption = section.choice("encryption", &encryptions, Encryption::StartTls)?;
        let port = section.number("port", encryption.usual_port().into(), 1, 65535)?;
        Ok(Self {
            host: section.text("host")?.unwrap_or_default(),
            port: u16::try_from(port).unwrap_or_default(),
            encryption,
            sender: section.text("sender")?.unwrap_or_default(),
            sender_name: section.text("sender_name")?,
            username: section.text("username")?,
            password: section.secret("password")?,
            ca_file,
            per_hour: section.number("per_hour", Self::PER_HOUR, 1, Self::MOST_PER_HOUR)?,
        })
    }

    /// Host and sender can be used, who logs in has name and password, and only the loopback is spoken to in clear.
    pub fn faults(&self, site: &Site) -> Vec<WrongSetting> {
        let mut faults = Vec::new();
        let mut wrong = |key: &str, seen: String, right: &str| {
            faults.push(WrongSetting::new(format!("mail.{key}"), seen, right));
        };
        if url::Host::parse(&self.host).is_err() {
            let right =
                "write the mail server's name as its certificate bears it, such as \"smtp.example.com\"";
            wrong("host", format!("is \"{}\"", self.host), right);
        }
        if self.port == 0 {
            wrong("port", "is 0".to_owned(), "write a whole number from 1 to 65535");
        }
        if !self.sender.is_ascii() || self.sender.parse::<Address>().is_err() {
            let right = "write the address mails shall come from, such as \"keyward@example.com\"";
            wrong("sender", format!("is \"{}\"", self.sender), right);
        }
        if self.sender_name.as_ref().is_some_and(|name| name.is_empty() || name.chars().any(char::is_control))
        {
            wrong("sender_name", "is empty or has control characters".to_owned(), "write it on one line");
        }
        if !(1..=Self::MOST_PER_HOUR).contains(&self.per_hour) {
            let right = "write a whole number from 1 to 1000000";
            wrong("per_hour", format!("is {}", self.per_hour), right);
        }
        faults.extend(self.fault_of_login());
        faults.extend(self.fault_of_encryption(site));
        faults
    }

    fn fault_of_login(&self) -> Option<WrongSetting> {
        let missing = match (&self.username, &self.password) {
            (Some(_), None) => "mail.password",
            (None, Some(_)) => "mail.username",
            _ => return None,
        };
        let right = "set both mail.username and mail.password, or neither";
        Some(WrongSetting::new(missing, "is missing", right))
    }

    fn fault_of_encryption(&self, site: &Site) -> Option<WrongSetting> {
        let wrong = |seen, right| Some(WrongSetting::new("mail.encryption", seen, right));
        if self.encryption != Encryption::None {
            return None;
        }
        if !(site.is_loopback() && self.is_on_loopback()) {
            let right =
                "write \"starttls\" or \"tls\": without encryption anybody on the way reads one-time links";
            return wrong("is \"none\"", right);
        }
        let right = "remove mail.username and mail.password, or write \"starttls\" or \"tls\"";
        self.username.as_ref().and_then(|_| wrong("is \"none\", which would show the password", right))
    }

    fn is_on_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}
