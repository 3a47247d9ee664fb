//! What a demonstration tells: to people on the terminal, to programs in a JSON file.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::memory::{Memory, write_privately};
use crate::cli::Failed;

/// Everything worth telling.
#[derive(Debug)]
pub struct Report {
    memory: Memory,
    inbox_url: String,
}

impl Report {
    /// Of what was provided.
    pub fn new(memory: &Memory, inbox_url: String) -> Self {
        Self { memory: memory.clone(), inbox_url }
    }

    /// The addresses that must answer before anything is told.
    pub fn to_answer(&self) -> Vec<String> {
        let discovery = format!("{}{}", self.memory.issuer, crate::oidc::paths::OPENID_CONFIGURATION);
        let logins = self.memory.applications.iter();
        let logins = logins.map(|application| {
            format!("{}{}", application.base_url, crate::demo::application::routes::LOGIN)
        });
        [discovery, self.inbox_url.clone()].into_iter().chain(logins).collect()
    }

    /// The object for programs.
    pub fn json(&self) -> Value {
        let Memory { issuer, people, applications, clients, .. } = &self.memory;
        let clients = clients.iter().map(|client| {
            json!({
                "name": client.name,
                "client_id": client.client_id,
                "client_secret": client.client_secret,
                "redirect_uris": client.redirect_uris,
            })
        });
        json!({
            "issuer": issuer,
            "people": people,
            "applications": applications,
            "clients": clients.collect::<Vec<_>>(),
            "inbox_url": self.inbox_url,
            "admin": null,
        })
    }

    /// Writes the object: it appears whole, for its owner alone.
    pub fn write(&self, file: &Path) -> Result<(), Failed> {
        let text = serde_json::to_vec_pretty(&self.json()).map_err(Failed::from_error)?;
        write_privately(file, &text)
    }

    /// The text for people.
    pub fn text(&self) -> String {
        let mut text = format!(
            "\nKEYWARD DEMONSTRATION. It can be reached from this machine only, and its people are made up.\n\n  \
             {:<17}{}\n",
            "Keyward", self.memory.issuer
        );
        for application in &self.memory.applications {
            line(&mut text, format_args!("  {:<17}{}", application.name, application.base_url));
        }
        line(&mut text, format_args!("  {:<17}{}", "Its mails", self.inbox_url));
        self.people(&mut text);
        self.clients(&mut text);
        self.what_to_try(&mut text);
        text
    }

    fn people(&self, text: &mut String) {
        line(text, format_args!("\n  {:<17}{:<22}Groups", "User name", "Password"));
        for person in &self.memory.people {
            let groups = person.groups.join(", ");
            line(text, format_args!("  {:<17}{:<22}{groups}", person.username, person.password));
            if let Some(secret) = &person.totp_secret {
                line(text, format_args!("  {:<17}authenticator key {secret}", ""));
            }
        }
    }

    fn clients(&self, text: &mut String) {
        for client in &self.memory.clients {
            let secret = client.client_secret.as_deref().unwrap_or("(none)");
            line(text, format_args!("\n  {}: client id {}, secret {secret}", client.name, client.client_id));
        }
    }

    fn what_to_try(&self, text: &mut String) {
        let address =
            |place: usize| self.memory.applications.get(place).map_or("", |found| found.base_url.as_str());
        line(
            text,
            format_args!(
                "\nWhat to try\n  1. Open {} and sign in as one of these people. As second factor take a passkey, an\n     \
                 authenticator app, or a code by mail, which arrives among its mails.\n  \
                 2. Open {}: it lets you in without asking.\n  \
                 3. Press \"Sign out everywhere\". Both applications are told, and the next log-in asks again.\n\n\
                 Stop it with Ctrl+C.",
                address(0),
                address(1)
            ),
        );
    }
}

fn line(text: &mut String, words: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{words}");
}
