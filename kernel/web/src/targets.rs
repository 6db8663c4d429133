//! Which hosts the server may contact on somebody's behalf.
//!
//! Private and loopback networks are closed unless the configuration names them: otherwise whoever may register an address
//! could make the server look around inside its own network. The addresses that were checked are the ones to connect to,
//! because a name may answer differently the next time it is asked.

use base::{Error, Result};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The networks that are open besides the public ones.
#[derive(Clone, Debug, Default)]
pub struct TargetPolicy {
    named: Vec<IpNet>,
}

impl TargetPolicy {
    /// Reads the list of `SIGNALBOX_ALLOW_PRIVATE_TARGETS`: networks or single addresses, separated by commas.
    pub fn parse(list: &str) -> Result<Self> {
        let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let named = entries.map(|entry| {
            let single = || entry.parse::<IpAddr>().map(IpNet::from);
            entry.parse::<IpNet>().or_else(|_| single()).map_err(|_| {
                Error::invalid(
                    "targets.malformed",
                    format!("{entry:?} is not a network; write it like 127.0.0.0/8 or 10.1.2.3"),
                )
            })
        });
        Ok(Self { named: named.collect::<Result<_>>()? })
    }

    /// Whether `address` may be contacted.
    pub fn permits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || self.names(address)
    }

    /// Whether the configuration names `address`, so that its network counts as ours.
    pub fn names(&self, address: IpAddr) -> bool {
        self.named.iter().any(|network| network.contains(&address.to_canonical()))
    }

    /// Finds the addresses of `host`; all of them have to be permitted.
    pub async fn addresses(&self, host: &str, port: u16) -> Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((host, port)).await.map_err(|error| {
            Error::unavailable("target.unresolved", format!("the host {host} could not be found"))
                .because(error)
        })?;
        let mut addresses: Vec<IpAddr> = found.map(|address| address.ip().to_canonical()).collect();
        addresses.dedup();
        if addresses.is_empty() {
            return Err(Error::unavailable("target.unresolved", format!("the host {host} has no address")));
        }
        match addresses.iter().find(|address| !self.permits(**address)) {
            None => Ok(addresses),
            Some(_) => Err(Error::invalid(
                "target.private",
                format!(
                    "{host} is on a private network; an administrator of the server can allow it with \
                     SIGNALBOX_ALLOW_PRIVATE_TARGETS"
                ),
            )),
        }
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation();
    let is_reserved = a == 0 || a >= 240 || (a == 100 && (64..128).contains(&b)); // carriers' own networks
    let is_protocol = (a == 192 && b == 0 && c == 0) || (a == 198 && (18..20).contains(&b)); // assignments, benchmarks
    !(is_special || is_reserved || is_protocol)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    // Only the range of public addresses is open; 6to4 and Teredo carry an IPv4 address that nobody checked.
    let is_global = segments[0] & 0xe000 == 0x2000;
    let is_tunnel = segments[0] == 0x2002 || (segments[0] == 0x2001 && segments[1] == 0);
    let is_documentation = segments[0] == 0x2001 && segments[1] == 0xdb8;
    is_global && !is_tunnel && !is_documentation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_networks_are_closed_until_named() {
        let closed = TargetPolicy::default();
        let named = TargetPolicy::parse("127.0.0.0/8, 10.1.2.3,::1").expect("a list");
        for (address, unnamed, when_named) in [
            ("140.82.121.3", true, true),
            ("2606:50c0:8000::153", true, true),
            ("127.0.0.1", false, true),
            ("::1", false, true),
            ("::ffff:127.0.0.1", false, true),
            ("10.1.2.3", false, true),
            ("10.1.2.4", false, false),
            ("192.168.1.1", false, false),
            ("172.20.0.1", false, false),
            ("169.254.169.254", false, false),
            ("100.64.0.1", false, false),
            ("0.0.0.0", false, false),
            ("fd00::1", false, false),
            ("fe80::1", false, false),
            ("2002:7f00:1::", false, false),
            ("64:ff9b::7f00:1", false, false),
        ] {
            let ip = address.parse().expect("an address");
            assert_eq!(closed.permits(ip), unnamed, "{address}");
            assert_eq!(named.permits(ip), when_named, "{address} when named");
        }
        assert!(TargetPolicy::parse("localhost").is_err(), "only networks are named");
    }

    #[tokio::test]
    async fn other_spellings_of_loopback_are_seen_through() {
        let closed = TargetPolicy::default();
        for host in ["127.0.0.1", "localhost", "::1", "0"] {
            let error = closed.addresses(host, 80).await.expect_err(host);
            assert_eq!(error.code(), "target.private", "{host}");
        }
    }
}
