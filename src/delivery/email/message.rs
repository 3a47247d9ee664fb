//! A finished message, and how it becomes the bytes that are sent. Every header is of the library's types, so nothing in a
//! name or subject can end its line (R-OB-05, R-TP-07).

use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use url::Host;

use super::DeliveryError;
use crate::foundation::Timestamp;

/// A message as it is to be read. Its text is mandatory, its HTML the same in another form.
#[derive(Debug, Clone)]
pub struct Message {
    /// Unique, and the same at every try.
    pub id: String,
    /// The name beside the sender's address, unless the settings name another.
    pub sender_name: String,
    /// Whose mailbox.
    pub recipient: String,
    /// The name beside it.
    pub recipient_name: Option<String>,
    /// The subject, one line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML.
    pub html: String,
    /// When it was written.
    pub written_at: Timestamp,
}

/// That a program wrote it, so that holiday notes do not answer (RFC 3834 section 5).
#[derive(Debug, Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

impl Message {
    /// The envelope and the bytes, all of them ASCII.
    pub(super) fn encode(&self, sender: &Mailbox, host: &str) -> Result<(Envelope, Vec<u8>), DeliveryError> {
        let recipient = address(&self.recipient)?;
        let envelope = Envelope::new(Some(sender.email.clone()), vec![recipient.clone()]);
        let envelope = envelope.map_err(|error| DeliveryError::Unwritable(error.to_string()))?;
        let seconds = u64::try_from(self.written_at.seconds()).unwrap_or_default();
        let written_at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        let message = lettre::Message::builder()
            .from(sender.clone())
            .to(Mailbox::new(self.recipient_name.as_deref().map(one_line), recipient))
            .subject(one_line(&self.subject))
            .date(written_at)
            .message_id(Some(format!("<{}@{}>", self.id, one_line(host))))
            .header(AutoSubmitted)
            .multipart(
                MultiPart::alternative()
                    .singlepart(SinglePart::plain(self.text.clone()))
                    .singlepart(SinglePart::html(self.html.clone())),
            );
        Ok((envelope, message.map_err(|error| DeliveryError::Unwritable(error.to_string()))?.formatted()))
    }
}

/// The address as every server understands it: a domain in its ASCII form (RFC 5891), and nothing that needs SMTPUTF8 (RFC
/// 6531), which only some mailboxes on the way would know.
fn address(text: &str) -> Result<Address, DeliveryError> {
    let (local, domain) = text.rsplit_once('@').ok_or(DeliveryError::Address("recipient"))?;
    let Ok(Host::Domain(domain)) = Host::parse(domain) else {
        return Err(DeliveryError::Address("recipient"));
    };
    let address = Address::new(local, domain).map_err(|_| DeliveryError::Address("recipient"))?;
    let ascii: &str = address.as_ref();
    if ascii.is_ascii() { Ok(address) } else { Err(DeliveryError::Address("recipient")) }
}

/// Without anything that could end a line or be taken for the end of one, or for an encoded word (RFC 2047), which the
/// reader's program would turn into something else.
pub(super) fn one_line(text: &str) -> String {
    let kept =
        text.chars().filter(|letter| !letter.is_control() && !matches!(letter, '\u{2028}' | '\u{2029}'));
    kept.collect::<String>().replace("=?", "= ?")
}
