//! `keyward mail`: whether mail arrives. It needs the settings only, so it works while the server runs as well.

use super::{Failed, Place, say};
use crate::config::log::Level;
use crate::config::{Live, LiveSettings, Settings};
use crate::delivery::{Email, Message};
use crate::foundation::Clock as _;
use crate::foundation::clock::SystemClock;
use crate::foundation::ids::JobId;
use crate::foundation::random::SystemRandom;
use crate::pages::Pages;
use crate::pages::mails::{Addressee, Mail};
use crate::telemetry;
use crate::users::profile::MailAddress;

/// What can be done about mail.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Send one mail now, and say in one sentence what went wrong
    Test(Test),
}

/// `keyward mail test`.
#[derive(Debug, clap::Args)]
pub struct Test {
    /// The mail address to send it to
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    to: MailAddress,
    #[command(flatten)]
    place: Place,
}

fn address(text: &str) -> Result<MailAddress, String> {
    MailAddress::new(text).map_err(|error| error.to_string())
}

/// Runs the command.
pub async fn run(command: Command) -> Result<(), Failed> {
    let Command::Test(test) = command;
    test.run().await
}

impl Test {
    async fn run(self) -> Result<(), Failed> {
        let mut settings = self.place.read()?;
        settings.log.level = Level::Warn;
        telemetry::log::start(&settings.log);
        let Some(mail) = &settings.mail else {
            let mend = "write a section [mail] with host and sender in the settings file, and name the file with --settings";
            return Err(Failed(format!("no mail server is configured; {mend}")));
        };
        let email = Email::new(mail).map_err(Failed::from_error)?;
        email.send(&self.message(&settings)?).await.map_err(Failed::from_error)?;
        let (to, host, port) = (self.to.as_str(), &mail.host, mail.port);
        say(&format!(
            "{host}:{port} has taken a test mail to {to}. Look whether it arrives, also among the junk.\n"
        ));
        Ok(())
    }

    fn message(&self, settings: &Settings) -> Result<Message, Failed> {
        let live = Live::new(LiveSettings::at_start(settings));
        let pages = Pages::under(live, settings.pages.folder.clone()).map_err(Failed::from_error)?;
        let name = self.to.as_str().to_owned();
        let to = Addressee { username: name.clone(), name, language: None };
        let rendered = pages.mail(&Mail::Test, &to).map_err(Failed)?;
        Ok(Message {
            id: JobId::generate(&SystemRandom).to_string(),
            sender_name: pages.organisation(),
            recipient: self.to.as_str().to_owned(),
            recipient_name: None,
            subject: rendered.subject,
            text: rendered.text,
            html: rendered.html,
            written_at: SystemClock.now(),
        })
    }
}
