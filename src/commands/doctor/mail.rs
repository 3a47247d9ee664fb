//! Whether the mail server takes our mail: reached, encrypted, its certificate right, the login accepted. Nothing is sent.

use std::time::Duration;

use async_trait::async_trait;

use super::{Check, Finding};
use crate::config::mail::Mail;
use crate::delivery::email::Email;

/// The mail server is given this long.
const PATIENCE: Duration = Duration::from_secs(10);

/// The check.
#[derive(Debug)]
pub struct MailServer {
    /// The settings; none where no mail is sent.
    pub settings: Option<Mail>,
}

#[async_trait]
impl Check for MailServer {
    fn name(&self) -> &'static str {
        "mail"
    }

    async fn look(&self) -> Finding {
        let Some(settings) = &self.settings else {
            return Finding::Skipped("no mail server is set, so links are handed over by hand".to_owned());
        };
        let tested = match Email::new(settings) {
            Ok(email) => email.with_patience(PATIENCE).test_connection().await,
            Err(error) => Err(error),
        };
        match tested {
            Ok(()) => Finding::Well(format!("{}:{} takes our mail", settings.host, settings.port)),
            Err(error) => Finding::wrong(
                error.to_string(),
                "mend the section [mail], then try it with: keyward mail test",
            ),
        }
    }
}
