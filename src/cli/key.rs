//! `keyward key`: the signing keys, by hand.

use super::installation::Installation;
use super::moment::show;
use super::{Failed, Place, say};
use crate::commands::key;
use crate::keys::KeyStatus;
use crate::keys::rotation::Phase;

/// What can be done with signing keys.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List the signing keys
    List(Listing),
    /// Announce the next signing keys; they sign a day later, when every application knows them
    Rotate(Rotate),
    /// Take a key that no longer signs, or does not sign yet, out of the published set at once
    Retire(Retire),
}

/// How keys are listed.
#[derive(Debug, clap::Args)]
pub struct Listing {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// `keyward key rotate`.
#[derive(Debug, clap::Args)]
pub struct Rotate {
    /// The keys may be in foreign hands: revoke all of them at once and sign with new ones. Applications that keep the
    /// published keys refuse sign-ins until they fetch them anew
    #[arg(long)]
    now: bool,
    #[command(flatten)]
    listing: Listing,
}

/// `keyward key retire`.
#[derive(Debug, clap::Args)]
pub struct Retire {
    /// The key's id, as the list shows it; it may begin with a hyphen
    #[arg(allow_hyphen_values = true)]
    kid: String,
    #[command(flatten)]
    listing: Listing,
}

/// Runs the command.
pub async fn run(command: Command) -> Result<(), Failed> {
    let (listing, keys) = match command {
        Command::List(listing) => {
            let keys = Installation::at(&listing.place)?.perform(key::List {}).await?;
            (listing, keys)
        }
        Command::Rotate(Rotate { now, listing }) => {
            let keys = Installation::at(&listing.place)?.perform(key::Rotate { now }).await?;
            (listing, keys)
        }
        Command::Retire(Retire { kid, listing }) => {
            let keys = Installation::at(&listing.place)?.perform(key::Retire { kid }).await?;
            (listing, keys)
        }
    };
    listing.print(&keys)
}

impl Listing {
    fn print(&self, keys: &[KeyStatus]) -> Result<(), Failed> {
        if self.json {
            let json = serde_json::to_string_pretty(keys).map_err(Failed::from_error)?;
            say(&format!("{json}\n"));
            return Ok(());
        }
        for key in keys {
            let phase = match &key.phase {
                Phase::Announced { use_from } => format!("announced, signs from {}", show(*use_from)),
                Phase::Signing { since, .. } => format!("signs since {}", show(*since)),
                Phase::Retired { until } => format!("retired, published until {}", show(*until)),
            };
            say(&format!("{}  {}  {phase}\n", key.kid, key.algorithm.as_str()));
        }
        Ok(())
    }
}
