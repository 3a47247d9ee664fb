//! One-time links for the administrator to hand on.

use std::time::Duration;

use crate::commands::Handed;
use crate::lifecycle::invitation::LIFETIME;

const HOUR: Duration = Duration::from_secs(3600);

/// The link, with what to do with it.
pub(super) fn text(username: &str, link: &Handed) -> String {
    let (link, hours) = (link.expose(), LIFETIME.as_secs() / HOUR.as_secs());
    format!(
        "Hand this link to {username}. It works once, for {hours} hours, and sets password and second factor:\n\n  {link}\n\n\
         If it gets lost, make a new one with: keyward user invite {username}\n"
    )
}
