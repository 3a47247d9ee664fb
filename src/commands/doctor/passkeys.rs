//! Whether passkeys can be used under the present issuer (R-WA-10).

use async_trait::async_trait;

use super::{Check, Finding};
use crate::factors::Passkeys;

/// The check.
#[derive(Debug)]
pub struct PasskeysFit {
    /// Those there are.
    pub passkeys: Passkeys,
}

#[async_trait]
impl Check for PasskeysFit {
    fn name(&self) -> &'static str {
        "passkeys"
    }

    async fn look(&self) -> Finding {
        let Some(host) = self.passkeys.bound_to() else {
            return Finding::warning(
                "the issuer's host is an IP address, for which browsers make no passkeys",
                "give the issuer a host name",
            );
        };
        match self.passkeys.lost_with().await {
            Ok(None) => Finding::Well(format!("passkeys are made for {host}, for ever")),
            Ok(Some(lost)) => Finding::warning(
                format!("people have passkeys for {lost}, none of which works at {host}"),
                "set the issuer's host back; or have everybody sign in another way and set up new ones",
            ),
            Err(error) => Finding::wrong(error.to_string(), "see the check of the store"),
        }
    }
}
