//! One-time links for the administrator to hand on.

use std::time::Duration;

use crate::commands::Handed;
use crate::lifecycle::invitation::LIFETIME;

const HOUR: Duration = Duration::from_secs(3600);

/// The link, with what to do with it, and to which address it goes by mail as well.
pub(super) fn text(username: &str, link: &Handed, mailed: Option<&str>) -> String {
    let (link, hours) = (link.expose(), LIFETIME.as_secs() / HOUR.as_secs());
    let mailed =
        mailed.map(|address| format!("\nIt also goes to {address} by mail, once the server runs.\n"));
    format!(
        "Hand this link to {username}. It works once, for {hours} hours, and sets password and second factor:\n\n  {link}\n\n\
         If it gets lost, make a new one with: keyward user invite {username}\n{}",
        mailed.unwrap_or_default()
    )
}

/// The link that sets up a second factor alone, with what to do with it.
pub(super) fn factor(username: &str, link: &Handed) -> String {
    let (link, hours) = (link.expose(), LIFETIME.as_secs() / HOUR.as_secs());
    format!(
        "The second factors of {username} are gone, and every session has ended. Hand this link to {username}. It works \
         once, for {hours} hours, and sets up a new second factor after the password:\n\n  {link}\n"
    )
}
