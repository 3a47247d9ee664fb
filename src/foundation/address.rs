//! Classes of addresses: what one person or household can be assumed to hold (R-RL-01).

use std::net::IpAddr;

use ipnet::IpNet;

/// An IPv4 address, or the /64 network of an IPv6 one. IPv4 written as IPv6 counts as IPv4.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AddressClass(String);

impl AddressClass {
    /// The class of `address`. Callers without an address (the command line) share one class.
    pub fn of(address: Option<IpAddr>) -> Self {
        match address.map(|address| address.to_canonical()) {
            Some(IpAddr::V4(v4)) => Self(v4.to_string()),
            Some(IpAddr::V6(v6)) => {
                let [a, b, c, d, ..] = v6.segments();
                Self(format!("{a:x}:{b:x}:{c:x}:{d:x}::"))
            }
            None => Self("local".to_owned()),
        }
    }

    /// The /48 around an IPv6 class: what one subscriber is commonly given (RFC 6177). IPv4 has no such network.
    pub fn site(&self) -> Option<String> {
        let (site, _) = self.0.strip_suffix("::")?.rsplit_once(':')?;
        Some(format!("{site}::"))
    }

    /// As part of a key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The network of an address, for people: it tells where from without telling which machine (R-MF-09).
pub fn network(address: IpAddr) -> String {
    let address = address.to_canonical();
    let length = if address.is_ipv4() { 24 } else { 48 };
    IpNet::new(address, length).map_or_else(|_| String::new(), |network| network.trunc().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_rl_01_ipv6_counts_by_network_and_mapped_ipv4_as_ipv4() {
        let class = |text: &str| AddressClass::of(text.parse().ok());
        assert_eq!(class("2001:db8:1:2:3::9"), class("2001:db8:1:2::1"));
        assert_ne!(class("2001:db8:1:2::1"), class("2001:db8:1:3::1"));
        assert_eq!(class("::ffff:192.0.2.7"), class("192.0.2.7"));
        assert_ne!(class("192.0.2.8"), class("192.0.2.7"));
        assert_eq!(class("2001:db8:1:2::1").site(), class("2001:db8:1:ff::1").site());
        assert_eq!(class("2001:db8:1:2::1").site().as_deref(), Some("2001:db8:1::"));
        assert_eq!((class("192.0.2.8").site(), AddressClass::of(None).site()), (None, None));
    }
}
