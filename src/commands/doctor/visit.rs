//! Goes to the issuer's address as browsers and applications do: through name service, proxy and certificate.

use std::sync::Arc;

use http::{HeaderMap, StatusCode};
use rustls::CertificateError;
use serde_json::Value;
use url::Url;

use super::Finding;
use crate::config::Site;
use crate::outbound::{AddressRules, Answer, Outbound, OutboundError};

/// Where the discovery document stands (OpenID Connect Discovery 1.0 section 4).
pub const DISCOVERY: &str = "/.well-known/openid-configuration";

/// A way to the issuer's address.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Whose address.
    pub site: Arc<Site>,
}

impl Visit {
    /// Asks for `address`, which must be the issuer's own; the answer, whatever it says.
    pub async fn get(&self, address: &str, headers: HeaderMap) -> Result<Answer, Finding> {
        let foreign = || strange(address);
        let url = Url::parse(address).map_err(|_| foreign())?;
        if url.origin().ascii_serialization() != self.site.origin() {
            return Err(foreign());
        }
        // The operator entered the issuer, wherever it leads.
        let outbound = Outbound::new(AddressRules::of(&self.site).entered(&url));
        outbound.get(&url, headers).await.map_err(|error| self.unreachable(&error))
    }

    /// Reads `answer`, which came from `address`, as JSON.
    pub fn read(&self, address: &str, answer: &Answer) -> Result<Value, Finding> {
        let status = answer.status;
        let what = format!("{address} answers {status}");
        match status {
            StatusCode::OK => serde_json::from_slice(&answer.body).map_err(|_| strange(address)),
            StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
                Err(Finding::wrong(
                    format!("{what}: the proxy does not reach Keyward"),
                    "start the server with keyward serve, and let the proxy lead to one of listen.addresses",
                ))
            }
            StatusCode::MISDIRECTED_REQUEST => Err(Finding::wrong(
                format!("{what}: Keyward is asked there under another host than {}", self.site.host()),
                format!("let the proxy ask for the host {}", self.site.host()),
            )),
            _ => Err(Finding::wrong(what, PASS_ON)),
        }
    }

    fn unreachable(&self, error: &OutboundError) -> Finding {
        let mend = match error {
            OutboundError::Untrusted(_, why) => {
                return Finding::wrong(error.to_string(), self.certificate_mend(why));
            }
            OutboundError::Unreachable(..) => {
                "start the server with keyward serve; see that the name leads to it or to its proxy, and that this machine may go there"
            }
            OutboundError::Refused(_) | OutboundError::TooLarge(_) => PASS_ON,
        };
        Finding::wrong(error.to_string(), mend)
    }

    fn certificate_mend(&self, why: &CertificateError) -> String {
        let host = self.site.host_name();
        match why {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                format!("use one that names {host}")
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "renew it".to_owned(),
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "check this machine's clock, or wait".to_owned()
            }
            CertificateError::UnknownIssuer => {
                "put the whole chain into the certificate's file (fullchain.pem); if your own authority \
                 signed it, make its certificate known to this machine, as to the browsers"
                    .to_owned()
            }
            _ => format!("use another one for {host}"),
        }
    }
}

const PASS_ON: &str = "lead the name to this server, and let the proxy pass on every path unchanged";

fn strange(address: &str) -> Finding {
    let address: String = address.chars().take(200).collect();
    Finding::wrong(format!("something else than this provider answers at {address:?}"), PASS_ON)
}
