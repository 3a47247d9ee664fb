//! The provider as its discovery document describes it: strict equality of the issuer, and the one tolerance the real client
//! has: a slash at the end of the typed issuer is dropped for a second try. It is never added.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use tokio::sync::Mutex;
use url::Url;

use super::{Application, Fault};
use crate::foundation::Timestamp;
use crate::outbound::Outbound;

/// How long a document is used before it is read again.
const KEPT: Duration = Duration::from_secs(3600);

/// The fields that are used. The real client fails without any of these but the last.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Provider {
    /// Must equal the issuer that was typed.
    pub issuer: String,
    /// Where people are sent.
    #[serde(deserialize_with = "address")]
    pub authorization_endpoint: Url,
    /// Where codes are exchanged.
    #[serde(deserialize_with = "address")]
    pub token_endpoint: Url,
    /// Where claims missing in the ID token are read; required even where it is never asked.
    #[serde(deserialize_with = "address")]
    pub userinfo_endpoint: Url,
    /// The keys; demanded by the parser, used here only to warn.
    #[serde(deserialize_with = "address")]
    pub jwks_uri: Url,
    /// Demanded by the parser.
    pub subject_types_supported: Vec<String>,
    /// Where everybody is signed out; the stock client has no use for it.
    pub end_session_endpoint: Option<String>,
}

/// The document as last read.
#[derive(Debug, Default)]
pub struct KnownProvider(Mutex<Option<(Timestamp, Arc<Provider>)>>);

impl Application {
    /// The provider, read anew when the last reading is an hour old.
    pub(super) async fn provider(&self) -> Result<Arc<Provider>, Fault> {
        let mut known = self.provider.0.lock().await;
        let now = self.clock.now();
        if let Some((read, provider)) = &*known
            && now.since(*read) < KEPT
        {
            return Ok(provider.clone());
        }
        let provider = Arc::new(discover(&self.outbound, &self.configuration.issuer).await?);
        *known = Some((now, provider.clone()));
        Ok(provider)
    }
}

/// Reads the provider's document for the issuer as it was typed.
pub async fn discover(outbound: &Outbound, typed: &str) -> Result<Provider, Fault> {
    match read(outbound, typed).await {
        Ok(provider) => Ok(provider),
        Err(fault) => match typed.strip_suffix('/') {
            Some(bare) => read(outbound, bare).await,
            None => Err(fault),
        },
    }
}

async fn read(outbound: &Outbound, issuer: &str) -> Result<Provider, Fault> {
    let fault = |what: String| Fault::provider("discovery", what);
    let slash = if issuer.ends_with('/') { "" } else { "/" };
    let address = format!("{issuer}{slash}.well-known/openid-configuration");
    let url = Url::parse(&address).map_err(|error| fault(format!("{address}: {error}")))?;
    let answer = outbound.get(&url, HeaderMap::new()).await.map_err(|error| fault(error.to_string()))?;
    if answer.status != StatusCode::OK {
        return Err(fault(format!("{address} answers {}", answer.status)));
    }
    accept(&answer.body, issuer).map_err(fault)
}

/// Takes a document over, if it is of this very issuer.
pub fn accept(document: &[u8], issuer: &str) -> Result<Provider, String> {
    let provider: Provider = serde_json::from_slice(document)
        .map_err(|error| format!("the discovery document is not usable: {error}"))?;
    if provider.issuer != issuer {
        return Err(format!("the document's issuer is {:?}, but {issuer:?} was entered", provider.issuer));
    }
    Ok(provider)
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    let text = String::deserialize(deserializer)?;
    Url::parse(&text).map_err(|error| D::Error::custom(format!("{text:?}: {error}")))
}
