//! `[admin]`: the listener for those who run Keyward: metrics and health (R-OP-06). On loopback unless configured otherwise.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use super::proxies::network;
use super::reader::Section;
use super::tls::Tls;
use super::wrong::WrongSetting;

/// Where it is by default: the port that exporters of metrics commonly use.
const USUAL: &str = "127.0.0.1:9464";

/// The section `[admin]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    /// An address with port; `127.0.0.1:9464` by default; `None` for `"off"`. Port 0 lets the system choose.
    pub listen: Option<SocketAddr>,
    /// Whether the address was asked for. The default one gives way when its port is taken.
    pub asked_for: bool,
    /// Who may ask besides this machine; nobody by default.
    pub networks: Vec<IpNet>,
}

impl Admin {
    pub(super) fn read(section: &mut Section) -> Result<Self, WrongSetting> {
        let text = section.text_or("listen", USUAL)?;
        let listen = match text.as_str() {
            "off" => None,
            address => Some(address.parse().map_err(|_| {
                let right = "write an address with a port, such as \"127.0.0.1:9464\", or \"off\"";
                section.wrong("listen", &format!("is \"{text}\""), right)
            })?),
        };
        let networks = section.texts("networks")?.unwrap_or_default();
        let networks =
            networks.iter().map(|text| network(section, "networks", text)).collect::<Result<_, _>>()?;
        Ok(Self { listen, asked_for: section.is_given("listen"), networks })
    }

    /// Where other machines reach it, it is encrypted, and open to named networks only (R-TR-01, R-OP-06).
    pub fn validate(&self, tls: &Tls) -> Result<(), WrongSetting> {
        let wrong = |key, seen: String, right| Err(WrongSetting::new(key, seen, right));
        if let Some(all) = self.networks.iter().find(|network| network.prefix_len() == 0) {
            let right = "name the networks of your monitoring only, such as \"10.0.0.0/8\"";
            return wrong("admin.networks", format!("has the entry \"{all}\""), right);
        }
        let Some(open) = self.listen.filter(|_| self.is_remote()) else { return Ok(()) };
        if self.networks.is_empty() {
            let right = "name in admin.networks who may ask, or listen on 127.0.0.1";
            return wrong("admin.listen", format!("is \"{open}\", which other machines can reach"), right);
        }
        if !tls.is_on() {
            let seen = format!("is \"{open}\", where other machines would reach us without encryption");
            return wrong("admin.listen", seen, "set tls.certificate and tls.key, or listen on 127.0.0.1");
        }
        Ok(())
    }

    /// Whether other machines can reach it.
    pub fn is_remote(&self) -> bool {
        self.listen.is_some_and(|address| !address.ip().to_canonical().is_loopback())
    }

    /// Whether `address` may ask: this machine may, and the named networks.
    pub fn admits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_loopback() || self.networks.iter().any(|network| network.contains(&address))
    }
}
