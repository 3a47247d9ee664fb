//! `[listen]`: where we listen. Loopback unless configured otherwise (R-OP-01).

use std::net::SocketAddr;

use super::proxies::Proxies;
use super::reader::Section;
use super::site::Site;
use super::tls::Tls;
use super::wrong::WrongSetting;

/// The section `[listen]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// Addresses with port; `127.0.0.1:8443` when none is named. Port 0 lets the system choose.
    pub addresses: Vec<SocketAddr>,
}

impl Listen {
    pub(super) fn read(section: &mut Section) -> Result<Self, WrongSetting> {
        let texts = section.texts_or("addresses", &["127.0.0.1:8443"])?;
        let address = |text: &String| {
            text.parse().map_err(|_| {
                let right = "write addresses with a port, such as \"127.0.0.1:8443\" or \"[::1]:8443\"";
                section.wrong("addresses", &format!("has the entry \"{text}\""), right)
            })
        };
        Ok(Self { addresses: texts.iter().map(address).collect::<Result<_, _>>()? })
    }

    /// At least one address; in loopback mode only loopback (R-CO-11); elsewhere plain HTTP only
    /// behind a proxy (R-TR-01).
    pub fn validate(&self, site: &Site, proxies: &Proxies, tls: &Tls) -> Result<(), WrongSetting> {
        let wrong = |seen: String, right: &str| Err(WrongSetting::new("listen.addresses", seen, right));
        if self.addresses.is_empty() {
            return wrong("is empty".to_owned(), "name at least one address, such as \"127.0.0.1:8443\"");
        }
        let is_open = |address: &&SocketAddr| !address.ip().to_canonical().is_loopback();
        let Some(open) = self.addresses.iter().find(is_open) else {
            // Somebody encrypts before us. Unless it is named, everybody seems to come from this machine, and one guesser
            // locks all out (R-RL-09).
            return match site.is_loopback() || tls.is_on() || !proxies.trusted.is_empty() {
                true => Ok(()),
                false => Err(WrongSetting::new(
                    "proxies.trusted",
                    "is empty, though only a proxy on this machine can reach us".to_owned(),
                    "name it, such as [\"127.0.0.1\"], or set tls.certificate and tls.key",
                )),
            };
        };
        if site.is_loopback() {
            let seen = format!("has the entry \"{open}\" while the issuer is {}", site.issuer());
            return wrong(
                seen,
                "listen on 127.0.0.1 or [::1] only, or set issuer to the https address people will use",
            );
        }
        if proxies.trusted.is_empty() && !tls.is_on() {
            let seen =
                format!("has the entry \"{open}\", where other machines would reach us without encryption");
            return wrong(
                seen,
                "set tls.certificate and tls.key, name the proxy that encrypts in proxies.trusted, or listen on 127.0.0.1",
            );
        }
        Ok(())
    }
}
