//! A mail as it was received, read into its parts.

use mail_parser::{Address, MessageParser};
use serde::Serialize;

use crate::foundation::Timestamp;

/// What the mailbox knows of a mail besides its bytes.
#[derive(Debug)]
pub(super) struct Envelope {
    pub id: u64,
    pub received_at: Timestamp,
    pub sender: String,
    pub recipients: Vec<String>,
}

/// A received mail, as the page shows it and as programs get it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Received {
    /// Rises from 1.
    pub id: u64,
    /// When it arrived, in milliseconds since 1970.
    pub received_at: Timestamp,
    /// The sender in the envelope (`MAIL FROM`).
    pub sender: String,
    /// The recipients in the envelope (`RCPT TO`).
    pub recipients: Vec<String>,
    /// The header `From`, decoded.
    pub from: String,
    /// The header `To`, decoded.
    pub to: String,
    /// The header `Subject`, decoded.
    pub subject: String,
    /// The header `Message-ID`, without its brackets.
    pub message_id: String,
    /// All headers as they were sent.
    pub headers: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

impl Received {
    /// Whatever is missing or cannot be read is empty.
    pub(super) fn read(envelope: Envelope, bytes: &[u8]) -> Self {
        let message = MessageParser::default().parse(bytes).unwrap_or_default();
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(bytes.len());
        let headers = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned();
        let body = |found: Option<std::borrow::Cow<'_, str>>| found.unwrap_or_default().into_owned();
        Self {
            id: envelope.id,
            received_at: envelope.received_at,
            sender: envelope.sender,
            recipients: envelope.recipients,
            from: people(message.from()),
            to: people(message.to()),
            subject: message.subject().unwrap_or_default().to_owned(),
            message_id: message.message_id().unwrap_or_default().to_owned(),
            headers,
            text: body(message.body_text(0)),
            html: body(message.body_html(0)),
        }
    }
}

fn people(list: Option<&Address<'_>>) -> String {
    let all = list.into_iter().flat_map(|list| list.iter());
    let written = all.map(|one| match (one.name(), one.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    });
    written.collect::<Vec<_>>().join(", ")
}
