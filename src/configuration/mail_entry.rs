//! The mail server as files show it, and as it counts.

use std::path::PathBuf;

use super::model::{MAIL_PASSWORD, MailEntry};
use super::problem::Problem;
use super::reference::{Reference, Secrets};
use crate::config::mail::Mail;
use crate::foundation::secret::Hidden;

/// No password is longer, in characters.
const LONGEST_PASSWORD: usize = 1024;

impl MailEntry {
    /// `mail` as a file shows it.
    pub fn of(mail: &Mail) -> Self {
        Self {
            host: mail.host.clone(),
            port: Some(mail.port),
            encryption: mail.encryption,
            sender: mail.sender.clone(),
            sender_name: mail.sender_name.clone(),
            username: mail.username.clone(),
            password: mail.password.as_ref().map(|_| Reference::Set),
            per_hour: Some(mail.per_hour),
        }
    }

    /// The settings it asks for, with the password of `secrets` or of the `present` server.
    pub fn settings(
        &self,
        secrets: &Secrets,
        present: Option<&Mail>,
        ca_file: Option<PathBuf>,
    ) -> Result<Mail, Problem> {
        let entry = self.clone();
        let mut mail = Mail {
            port: entry.port.unwrap_or_else(|| entry.encryption.usual_port()),
            host: entry.host,
            encryption: entry.encryption,
            sender: entry.sender,
            sender_name: entry.sender_name,
            username: entry.username,
            password: None,
            ca_file,
            per_hour: entry.per_hour.unwrap_or(Mail::PER_HOUR),
        };
        mail.password = match &self.password {
            None => None,
            Some(Reference::Set) => Some(kept(&mail, present)?),
            Some(Reference::Env(_) | Reference::File(_)) => Some(found(secrets)?),
        };
        Ok(mail)
    }
}

/// The present password goes to nobody but the server that has it already (R-AD-06).
fn kept(mail: &Mail, present: Option<&Mail>) -> Result<Hidden, Problem> {
    let same = |present: &&Mail| {
        (&present.host, present.port, present.encryption, &present.username)
            == (&mail.host, mail.port, mail.encryption, &mail.username)
    };
    let kept = present.filter(same).and_then(|present| present.password.clone());
    kept.ok_or_else(|| {
        Problem::at(
            MAIL_PASSWORD,
            "is { set = true }, but for this host, port, encryption and username none is set; refer to one by env or file",
        )
    })
}

fn found(secrets: &Secrets) -> Result<Hidden, Problem> {
    let Some(found) = secrets.get(MAIL_PASSWORD) else {
        return Err(Problem::at(MAIL_PASSWORD, "refers to a secret that was not looked up"));
    };
    let text = found.expose();
    if text.is_empty() || text.chars().count() > LONGEST_PASSWORD || text.chars().any(char::is_control) {
        let sentence = "refers to a password that is empty, longer than 1,024 characters or not on one line";
        return Err(Problem::at(MAIL_PASSWORD, sentence));
    }
    Ok(found.clone())
}
