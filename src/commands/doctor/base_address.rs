//! Whether people who open the issuer's address find this very installation there: through name service, proxy and
//! certificate, as their browsers and applications do.

use std::sync::Arc;

use async_trait::async_trait;
use http::HeaderMap;
use serde_json::Value;
use url::Url;

use super::{Check, Finding};
use crate::config::Site;
use crate::keys::Keyring;
use crate::outbound::{AddressRules, Outbound, OutboundError};
use crate::vocabulary::client_metadata::SigningAlgorithm;

/// OpenID Connect Discovery section 4.
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// The check.
#[derive(Debug)]
pub struct BaseAddress {
    /// The address it should be found at.
    pub site: Arc<Site>,
    /// The keys that must be published there.
    pub keyring: Arc<Keyring>,
}

#[async_trait]
impl Check for BaseAddress {
    fn name(&self) -> &'static str {
        "base address"
    }

    async fn look(&self) -> Finding {
        match self.find_ourselves().await {
            Ok(()) => Finding::Well(format!(
                "{} leads here, and the provider there has our keys",
                self.site.issuer()
            )),
            Err(wrong) => wrong,
        }
    }
}

impl BaseAddress {
    async fn find_ourselves(&self) -> Result<(), Finding> {
        let issuer = self.site.issuer();
        let discovery = self.fetch(&self.site.url(DISCOVERY)).await?;
        let found = discovery.get("issuer").and_then(Value::as_str).unwrap_or_default();
        if found != issuer {
            return Err(Finding::wrong(
                format!("the provider at {issuer} calls itself {found:?}"),
                "set issuer to the address that people use, the same everywhere, or lead that name to this server",
            ));
        }
        let jwks_uri = discovery.get("jwks_uri").and_then(Value::as_str).unwrap_or_default();
        let jwks = self.fetch(jwks_uri).await?;
        let keys = jwks.get("keys").and_then(Value::as_array).cloned().unwrap_or_default();
        let ours = self.keyring.signing_key(SigningAlgorithm::default()).ok();
        let ours = ours.map(|key| key.jwk().kid.clone()).unwrap_or_default();
        if keys.iter().any(|key| key.get("kid").and_then(Value::as_str) == Some(&ours)) {
            return Ok(());
        }
        Err(Finding::wrong(
            format!("another provider with other keys answers at {issuer}"),
            "stop the other one, or lead the name to this server",
        ))
    }

    async fn fetch(&self, address: &str) -> Result<Value, Finding> {
        let strange = || {
            Finding::wrong(
                format!("something else than a provider answers at {address}"),
                "lead the name to this server, and let the proxy pass on every path unchanged",
            )
        };
        let url = Url::parse(address).map_err(|_| strange())?;
        // The operator entered the issuer, wherever it leads.
        let outbound = Outbound::new(AddressRules::of(&self.site).entered(&url));
        let answer = outbound.get(&url, HeaderMap::new()).await.map_err(|error| unreachable(&error))?;
        if !answer.status.is_success() {
            return Err(Finding::wrong(
                format!("{address} answers {}", answer.status),
                "let the proxy pass on every path and the host name unchanged, and declare it under [proxies]",
            ));
        }
        serde_json::from_slice(&answer.body).map_err(|_| strange())
    }
}

fn unreachable(error: &OutboundError) -> Finding {
    let what = error.to_string();
    let mend = if what.contains("certificate") {
        "put the whole chain into the certificate's file; if your own authority issued it, its certificate must be known to \
         this machine, as to the browsers"
    } else {
        "start the server with keyward serve, and see that the name leads to this machine and the proxy passes it on"
    };
    Finding::wrong(what, mend)
}
