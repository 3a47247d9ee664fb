//! `mail.test`: whether mail arrives, by the server that is configured now.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Administrator, Command, Reason, Refused, Who};
use crate::config::Live;
use crate::delivery::{Email, Message};
use crate::foundation::ids::JobId;
use crate::foundation::{Clock, Random};
use crate::pages::Pages;
use crate::pages::mails::{Addressee, Mail};
use crate::users::profile::MailAddress;

/// What commands about mail work with.
#[derive(Debug, Clone)]
pub struct Mails {
    /// The settings that count now.
    pub settings: Live,
    /// The words.
    pub pages: Arc<Pages>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
}

/// Sends one mail now.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// The mail address to send it to.
    pub to: MailAddress,
}

/// The server that has taken it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Tested {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
}

#[async_trait]
impl Command for Test {
    const NAME: &'static str = "mail.test";
    const WHO: Who = Who::Operator;
    type Tools = Mails;
    type Answer = Tested;

    async fn perform(self, _: &Administrator, mails: &Mails) -> Result<Tested, Refused> {
        let settings = mails.settings.now();
        let Some(mail) = &settings.mail else {
            let mend = "write a section [mail] with host and sender in the settings file, or in the applied configuration";
            return Err(Refused::rule(format!("no mail server is configured; {mend}")));
        };
        let failed =
            |error: crate::delivery::DeliveryError| Refused::because(Reason::Failed, error.to_string());
        let email = Email::new(mail).map_err(failed)?;
        email.send(&self.message(mails)?).await.map_err(failed)?;
        Ok(Tested { host: mail.host.clone(), port: mail.port })
    }
}

impl Test {
    fn message(&self, mails: &Mails) -> Result<Message, Refused> {
        let name = self.to.as_str().to_owned();
        let to = Addressee { username: name.clone(), name, language: None };
        let rendered = mails.pages.mail(&Mail::Test, &to);
        let rendered = rendered.map_err(|why| Refused::because(Reason::Failed, why))?;
        Ok(Message {
            id: JobId::generate(mails.random.as_ref()).to_string(),
            sender_name: mails.pages.organisation(),
            recipient: self.to.as_str().to_owned(),
            recipient_name: None,
            subject: rendered.subject,
            text: rendered.text,
            html: rendered.html,
            written_at: mails.clock.now(),
        })
    }
}
