//! Whether the mail server takes our mail: reached, encrypted, its certificate right, the login accepted. Nothing is sent.

use async_trait::async_trait;

use super::{Check, Finding};
use crate::config::Live;
use crate::delivery::email::Email;

/// The check.
#[derive(Debug)]
pub struct MailServer {
    /// Whether mail is sent, and how.
    pub settings: Live,
}

#[async_trait]
impl Check for MailServer {
    fn name(&self) -> &'static str {
        "mail"
    }

    async fn look(&self) -> Finding {
        let settings = self.settings.latest();
        let Some(settings) = &settings.mail else {
            return Finding::Skipped("no mail server is set, so links are handed over by hand".to_owned());
        };
        let tested = match Email::new(settings) {
            Ok(email) => email.test_connection().await,
            Err(error) => Err(error),
        };
        match tested {
            Ok(()) => Finding::Well(format!("{}:{} takes our mail", settings.host, settings.port)),
            Err(error) => Finding::wrong(
                error.to_string(),
                "mend the section [mail] of the settings, or of the applied configuration, then try: keyward mail test",
            ),
        }
    }
}
