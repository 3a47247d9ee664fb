//! `[proxies]`: whose word about a client's address counts (R-RL-09).

use std::net::IpAddr;

use ipnet::IpNet;

use super::reader::Section;
use super::wrong::WrongSetting;

/// The one header that the declared proxies write. Only this one is read: a proxy passes the other on as the
/// client sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For` and `X-Forwarded-Host`.
    XForwarded,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// The section `[proxies]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxies {
    /// The declared proxies; none by default.
    pub trusted: Vec<IpNet>,
    /// Which header they write; `X-Forwarded-For` by default.
    pub header: ForwardedHeader,
}

impl Proxies {
    /// No proxy at all.
    pub fn none() -> Self {
        Self { trusted: Vec::new(), header: ForwardedHeader::XForwarded }
    }

    pub(super) fn read(section: &mut Section) -> Result<Self, WrongSetting> {
        let headers =
            [("x-forwarded-for", ForwardedHeader::XForwarded), ("forwarded", ForwardedHeader::Forwarded)];
        let networks = section.texts("trusted")?.unwrap_or_default();
        Ok(Self {
            trusted: networks
                .iter()
                .map(|text| network(section, "trusted", text))
                .collect::<Result<_, _>>()?,
            header: section.choice("header", &headers, ForwardedHeader::XForwarded)?,
        })
    }

    /// Nobody may trust the whole world: then everybody could write any address.
    pub fn validate(&self) -> Result<(), WrongSetting> {
        match self.trusted.iter().find(|network| network.prefix_len() == 0) {
            Some(all) => {
                let right = "name the proxies only, such as \"10.0.0.5\", since whoever is named can claim any address";
                Err(WrongSetting::new("proxies.trusted", format!("has the entry \"{all}\""), right))
            }
            None => Ok(()),
        }
    }

    /// Whether `address` is a declared proxy.
    pub fn is_trusted(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted.iter().any(|network| network.contains(&address))
    }
}

/// Reads `"10.0.0.5"` or `"10.0.0.0/8"`.
pub(super) fn network(section: &Section, name: &str, text: &str) -> Result<IpNet, WrongSetting> {
    parse(text).ok_or_else(|| section.wrong(name, &format!("has the entry \"{text}\""), NETWORKS))
}

const NETWORKS: &str = "write addresses or networks, such as \"10.0.0.5\" or \"10.0.0.0/8\"";

fn parse(text: &str) -> Option<IpNet> {
    let single = || text.parse::<IpAddr>().ok().map(IpNet::from);
    let found = text.parse::<IpNet>().ok().or_else(single);
    found.filter(|network| network.trunc() == *network)
}

/// Networks in serde's models, as texts. For `#[serde(with = "…")]`.
pub(super) mod networks {
    use ipnet::IpNet;
    use serde::de::{Deserialize as _, Deserializer, Error as _};
    use serde::ser::Serializer;

    pub fn serialize<S: Serializer>(networks: &[IpNet], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(networks.iter().map(ToString::to_string))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        let wrong: Vec<_> = texts.iter().filter(|text| super::parse(text).is_none()).collect();
        if wrong.is_empty() {
            return Ok(texts.iter().filter_map(|text| super::parse(text)).collect());
        }
        Err(D::Error::custom(format!("has the entries {wrong:?}; {}", super::NETWORKS)))
    }
}
