//! Whether people who open the issuer's address find this very installation there, and the way there changes nothing that
//! must stay.

use std::sync::Arc;

use async_trait::async_trait;
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderValue};
use serde_json::Value;

use super::visit::{DISCOVERY, Visit};
use super::{Check, Finding, forwarding};
use crate::config::proxies::Proxies;
use crate::foundation::Random;
use crate::keys::Keyring;
use crate::vocabulary::client_metadata::SigningAlgorithm;
use crate::web::Probes;
use crate::web::probe::{self, Probe};

/// The check.
#[derive(Debug)]
pub struct BaseAddress {
    /// The way there.
    pub visit: Visit,
    /// By what we know ourselves; `None` where only the issuer can be compared.
    pub own: Option<Own>,
}

/// What only this very provider has.
#[derive(Debug)]
pub struct Own {
    /// The keys that must be published there.
    pub keyring: Arc<Keyring>,
    /// Notes how our own requests come in.
    pub probes: Probes,
    /// Names them.
    pub random: Arc<dyn Random>,
    /// Whose word about them counts.
    pub proxies: Proxies,
}

#[async_trait]
impl Check for BaseAddress {
    fn name(&self) -> &'static str {
        "base address"
    }

    async fn look(&self) -> Finding {
        match self.find_ourselves().await {
            Ok(sentence) => Finding::Well(sentence),
            Err(wrong) => wrong,
        }
    }
}

impl BaseAddress {
    async fn find_ourselves(&self) -> Result<String, Finding> {
        let site = &self.visit.site;
        let (issuer, address) = (site.issuer(), site.url(DISCOVERY));
        let probe = self.own.as_ref().map(|own| own.probes.expect(own.random.as_ref()));
        let answer = self.visit.get(&address, self.headers(probe.as_ref())).await;
        let arrival = probe.and_then(|probe| probe.arrival());
        if let Some((own, arrival)) = self.own.as_ref().zip(arrival.as_ref())
            && let Some(wrong) = forwarding::judge(arrival, site, &own.proxies)
        {
            return Err(wrong);
        }
        let discovery = self.visit.read(&address, &answer?)?;
        let found = discovery.get("issuer").and_then(Value::as_str).unwrap_or_default();
        if found != issuer {
            let found: String = found.chars().take(200).collect();
            return Err(Finding::wrong(
                format!("the provider at {issuer} calls itself {found:?}"),
                "set issuer to the address that people use, the same everywhere, or lead that name to this server",
            ));
        }
        let Some(own) = &self.own else {
            return Ok(format!("a provider of this name answers at {issuer}"));
        };
        self.compare_keys(own, &discovery).await?;
        if arrival.is_none() {
            return Err(Finding::wrong(
                format!("{issuer} answers with our keys, but not out of this server"),
                "stop the copy of this installation that runs elsewhere, and let nothing in between answer from a store of its own",
            ));
        }
        Ok(format!("{issuer} leads here, and the way there is in order"))
    }

    /// What a forger would send too, so that it shows what becomes of it.
    fn headers(&self, probe: Option<&Probe>) -> HeaderMap {
        let mut headers = HeaderMap::from_iter([(CACHE_CONTROL, HeaderValue::from_static("no-cache"))]);
        if let Some((own, probe)) = self.own.as_ref().zip(probe) {
            headers.extend([forwarding::claim(own.proxies.header)]);
            headers.extend(HeaderValue::from_str(&probe.word).map(|word| (probe::HEADER, word)));
        }
        headers
    }

    async fn compare_keys(&self, own: &Own, discovery: &Value) -> Result<(), Finding> {
        let address = discovery.get("jwks_uri").and_then(Value::as_str).unwrap_or_default();
        let answer = self.visit.get(address, HeaderMap::new()).await?;
        let published = self.visit.read(address, &answer)?;
        let published = published.get("keys").and_then(Value::as_array).cloned().unwrap_or_default();
        let ours = own.keyring.signing_key(SigningAlgorithm::default()).ok();
        let ours = ours.map(|key| key.jwk().kid.clone()).unwrap_or_default();
        if published.iter().any(|key| key.get("kid").and_then(Value::as_str) == Some(&ours)) {
            return Ok(());
        }
        Err(Finding::wrong(
            format!("another provider with other keys answers at {}", self.visit.site.issuer()),
            "stop the other one, or lead the name to this server",
        ))
    }
}
