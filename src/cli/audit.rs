//! `keyward audit`: the trail, read and verified.

use std::net::IpAddr;

use super::installation::Installation;
use super::moment::{parse, show};
use super::{Failed, Place, say};
use crate::audit::verify::Verified;
use crate::audit::{Action, Actor, Event, ValueChange, export};
use crate::commands::audit::{self, Shown};
use crate::foundation::Timestamp;
use crate::foundation::ids::{ClientId, UserId};

/// What can be done with the audit trail.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Show events, the newest first
    Show(Show),
    /// Print the whole trail, one JSON object a line, the oldest first
    Export(Place),
    /// Check that no event was changed, removed or inserted
    Verify(Verify),
}

/// `keyward audit show`.
#[derive(Debug, clap::Args)]
pub struct Show {
    /// Only of this person: user name, mail address, or id
    #[arg(long, value_name = "PERSON")]
    person: Option<String>,
    /// Only of this application: its client id
    #[arg(long, value_name = "CLIENT")]
    application: Option<String>,
    /// Only from this address, or from its /64
    #[arg(long, value_name = "ADDRESS")]
    address: Option<IpAddr>,
    /// Only of this kind, such as sign_in
    #[arg(long, value_name = "ACTION", value_parser = action)]
    action: Option<Action>,
    /// Not before this moment, day, or so long ago: 2027-01-15T08:00:00Z, 2027-01-15, 36h
    #[arg(long, value_name = "WHEN", value_parser = parse)]
    since: Option<Timestamp>,
    /// Before this moment, day, or so long ago
    #[arg(long, value_name = "WHEN", value_parser = parse)]
    until: Option<Timestamp>,
    /// At most so many
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    limit: usize,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// `keyward audit verify`.
#[derive(Debug, clap::Args)]
pub struct Verify {
    /// A checkpoint from the log or an earlier verification: shows whether the end of the trail was cut off since
    #[arg(long, value_name = "CHECKPOINT")]
    checkpoint: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Runs the command.
pub async fn run(command: Command) -> Result<(), Failed> {
    match command {
        Command::Show(show) => show.run().await,
        Command::Export(place) => export(&place).await,
        Command::Verify(verify) => verify.run().await,
    }
}

fn action(word: &str) -> Result<Action, String> {
    serde_json::from_value(word.into()).map_err(|error| error.to_string())
}

impl Show {
    async fn run(self) -> Result<(), Failed> {
        let command = audit::Show {
            person: self.person,
            application: self.application.map(ClientId::from_text),
            address: self.address,
            action: self.action,
            since: self.since,
            until: self.until,
            limit: self.limit,
        };
        let shown = Installation::at(&self.place)?.perform(command).await?;
        for event in &shown.events {
            let line = if self.json {
                export::line(event).map_err(Failed::from_error)?
            } else {
                shown.line(event)?
            };
            say(&format!("{line}\n"));
        }
        Ok(())
    }
}

impl Shown {
    /// When, what, how, whom, by whom, for which application, whence, why.
    fn line(&self, event: &Event) -> Result<String, Failed> {
        let name = |id: &UserId| self.names.get(id).cloned().unwrap_or_else(|| id.to_string());
        let actor = match &event.actor {
            Actor::User(user) if event.subject.as_ref() == Some(user) => None,
            Actor::User(user) => Some(name(user)),
            Actor::Client(client) => Some(client.to_string()),
            Actor::CommandLine => Some("command line".to_owned()),
            Actor::System => Some("system".to_owned()),
            Actor::Anonymous => None,
        };
        let parts = [
            event.subject.as_ref().map(name),
            actor.map(|actor| format!("by {actor}")),
            event.client.as_ref().map(|client| format!("for {client}")),
            event.token.as_ref().map(|serial| format!("token {serial}")),
            event.signing_key.as_ref().map(|kid| format!("key {kid}")),
            event.origin.address.map(|address| format!("from {address}")),
            event.reason.as_ref().map(|reason| format!("({})", reason.as_str())),
            event.count.map(|count| count.to_string()),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        let (what, how) = (word(&event.action)?, word(&event.outcome)?);
        let mut line = format!("{}  {what}  {how}  {}", show(event.at), parts.join("  "));
        for ValueChange { path, before, after } in &event.changes {
            let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
            line.push_str(&format!("\n    {path}: {} -> {}", value(before), value(after)));
        }
        if let Some(count) = event.changes_left_out {
            line.push_str(&format!("\n    and {count} more"));
        }
        Ok(line)
    }
}

fn word(value: &impl serde::Serialize) -> Result<String, Failed> {
    let value = serde_json::to_value(value).map_err(Failed::from_error)?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}

async fn export(place: &Place) -> Result<(), Failed> {
    let mut installation = Installation::at(place)?;
    let mut from = None;
    loop {
        let page = installation.perform(audit::Export { from }).await?;
        for line in page.lines {
            say(&format!("{line}\n"));
        }
        from = page.next;
        if from.is_none() {
            return Ok(());
        }
    }
}

impl Verify {
    async fn run(self) -> Result<(), Failed> {
        let command = audit::Verify { checkpoint: self.checkpoint };
        let report = Installation::at(&self.place)?.perform(command).await?;
        if self.json {
            let json = serde_json::to_string_pretty(&report).map_err(Failed::from_error)?;
            say(&format!("{json}\n"));
        } else {
            say(&sentences(&report));
        }
        if report.problems.is_empty() {
            return Ok(());
        }
        let count =
            report.more_problems.saturating_add(u64::try_from(report.problems.len()).unwrap_or(u64::MAX));
        let mend = "keep a copy of the data folder as it is, and find out who had access to it";
        Err(Failed(format!("the audit trail is not as it was written (places: {count}); {mend}")))
    }
}

fn sentences(report: &Verified) -> String {
    let Verified { events, blocks, removed, adopted, unlinked, oldest_unlinked, public_key, .. } = report;
    let mut text = format!("Events that were checked: {events}, in blocks: {blocks}.\n");
    if *removed > 0 {
        text += &format!("Older ones that the retention removed: {removed}.\n");
    }
    if *adopted > 0 {
        text += &format!("Written before there was a chain, and taken over as they stood: {adopted}.\n");
    }
    if *unlinked > 0 {
        text += &format!("Waiting to be linked: {unlinked}, the oldest for {oldest_unlinked} s.\n");
    }
    for problem in &report.problems {
        text += &format!("WRONG: {problem}\n");
    }
    if report.more_problems > 0 {
        text += &format!("WRONG: and {} more\n", report.more_problems);
    }
    if let Some(checkpoint) = &report.checkpoint {
        text += &format!(
            "Checkpoint, to be kept elsewhere: {checkpoint}\nSigned by the Ed25519 key {public_key}\n"
        );
    }
    text
}
