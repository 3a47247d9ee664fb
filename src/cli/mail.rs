//! `keyward mail`: whether mail arrives.

use super::installation::Installation;
use super::{Failed, Place, say};
use crate::commands::mail;
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
        let to = self.to.as_str().to_owned();
        let tested = Installation::at(&self.place)?.perform(mail::Test { to: self.to }).await?;
        let (host, port) = (tested.host, tested.port);
        say(&format!(
            "{host}:{port} has taken a test mail to {to}. Look whether it arrives, also among the junk.\n"
        ));
        Ok(())
    }
}
