use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use ipnet::IpNet;

use super::ParseSelectorError;
use crate::name;

/// Which clients to select. Servers list a client by its address (over TCP) or its name (over NetBIOS).
///
/// ```
/// use netsession::ClientPattern;
///
/// let network: ClientPattern = "10.1.0.0/16".parse()?;
/// assert!(network.matches(r"\\10.1.2.3") && !network.matches("10.2.0.1"));
/// # Ok::<(), netsession::ParseSelectorError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientPattern {
    /// The client with this address.
    Address(IpAddr),
    /// The client with this IPv6 address on one interface of the server (`fe80::1%eth0`).
    ScopedAddress {
        /// The address.
        address: IpAddr,
        /// The interface, as the server names or numbers it.
        scope: String,
    },
    /// Every client whose address is in this network.
    Network(IpNet),
    /// The client with this host name. Servers list it by that name or by one of its addresses.
    Host {
        /// The name.
        name: String,
        /// Its addresses. They are empty until [`Selector::resolve`](crate::Selector::resolve); then only the name
        /// matches.
        addresses: Vec<IpAddr>,
    },
    /// The client with this name, written `\\NAME`. Unlike [`ClientPattern::Host`], DNS need not know it.
    Name {
        /// The name, without `\\`.
        name: String,
        /// Its addresses, if the system knows any.
        addresses: Vec<IpAddr>,
    },
}

impl ClientPattern {
    /// Whether it matches the client that a server lists as `listed`, with or without `\\`.
    #[must_use]
    pub fn matches(&self, listed: &str) -> bool {
        let listed = listed.trim_start_matches('\\');
        let address = listed_address(listed);
        match self {
            Self::Address(wanted) => address == Some(wanted.to_canonical()),
            Self::ScopedAddress { address: wanted, scope } => {
                address == Some(*wanted)
                    && listed_scope(listed).is_none_or(|listed| name::same(listed, scope))
            }
            Self::Network(network) => address.is_some_and(|address| network.contains(&address)),
            Self::Host { name, addresses } | Self::Name { name, addresses } => match address {
                Some(address) => addresses.iter().any(|wanted| wanted.to_canonical() == address),
                None => !listed.is_empty() && name::same(name, listed),
            },
        }
    }

    /// Whether it matches every address.
    #[must_use]
    pub fn is_everybody(&self) -> bool {
        matches!(self, Self::Network(network) if network.prefix_len() == 0)
    }

    /// Whether it is one client: not a network, or a network of a single address.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        !matches!(self, Self::Network(network) if network.prefix_len() < network.max_prefix_len())
    }

    /// Returns its known addresses. A network returns none.
    #[must_use]
    pub fn addresses(&self) -> &[IpAddr] {
        match self {
            Self::Address(address) | Self::ScopedAddress { address, .. } => std::slice::from_ref(address),
            Self::Network(_) => &[],
            Self::Host { addresses, .. } | Self::Name { addresses, .. } => addresses,
        }
    }
}

/// Parses the address that a server lists for a client. IPv6 may have brackets or a scope.
pub(crate) fn listed_address(listed: &str) -> Option<IpAddr> {
    let inner = listed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(listed);
    let unscoped = inner.split('%').next().unwrap_or(inner);
    inner
        .parse::<IpAddr>()
        .ok()
        .or_else(|| unscoped.parse::<Ipv6Addr>().ok().map(IpAddr::V6))
        .map(|address| address.to_canonical())
}

/// Returns the scope of the IPv6 address that a server lists for a client, such as `eth0` in `fe80::1%eth0`.
fn listed_scope(listed: &str) -> Option<&str> {
    listed.trim_end_matches(']').split_once('%').map(|(_, scope)| scope).filter(|scope| !scope.is_empty())
}

/// Whether two texts name the same client: the same name, or the same address in any spelling. A scope counts only if
/// both have one.
pub(crate) fn is_same_client(one: &str, other: &str) -> bool {
    let (one, other) = (one.trim_start_matches('\\'), other.trim_start_matches('\\'));
    let same_scope = || match (listed_scope(one), listed_scope(other)) {
        (Some(one), Some(other)) => name::same(one, other),
        _ => true,
    };
    let address = listed_address(one);
    name::same(one, other) || address.is_some() && address == listed_address(other) && same_scope()
}

impl FromStr for ClientPattern {
    type Err = ParseSelectorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim();
        let (bare, is_name) = match trimmed.strip_prefix(r"\\") {
            Some(rest) => (rest, true),
            None => (trimmed, false),
        };
        if bare.is_empty() {
            return Err(ParseSelectorError::Empty);
        }
        if let Some(address) = listed_address(bare) {
            return Ok(match listed_scope(bare).filter(|_| address.is_ipv6()) {
                Some(scope) => Self::ScopedAddress { address, scope: scope.into() },
                None => Self::Address(address),
            });
        }
        if bare.contains('/') {
            let network = bare.parse::<IpNet>().map_err(|_| ParseSelectorError::Network(text.into()))?;
            return Ok(Self::Network(network.trunc()));
        }
        let refused = |c: char| c.is_whitespace() || c.is_control() || r#"\:*?"<>|,;@[]="#.contains(c);
        if bare.contains(refused) || name::is_numbers(bare) {
            return Err(ParseSelectorError::Client(text.into()));
        }
        let (name, addresses) = (bare.into(), Vec::new());
        Ok(if is_name { Self::Name { name, addresses } } else { Self::Host { name, addresses } })
    }
}

impl fmt::Display for ClientPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::ScopedAddress { address, scope } => write!(f, "{address}%{scope}"),
            Self::Network(network) => network.fmt(f),
            Self::Host { name, .. } | Self::Name { name, .. } => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(text: &str) -> ClientPattern {
        text.parse().unwrap()
    }

    /// A failure here would miss a client because its address is written in another way.
    #[test]
    fn an_address_is_found_in_every_spelling() {
        for listed in ["10.0.0.5", r"\\10.0.0.5", "::ffff:10.0.0.5"] {
            assert!(pattern("10.0.0.5").matches(listed), "{listed}");
        }
        for listed in ["fe80::1", r"\\[fe80::1]", "FE80:0::1", "fe80::1%7"] {
            assert!(pattern("fe80::1").matches(listed), "{listed}");
        }
        for listed in ["fe80::1", r"\\[FE80:0:0::1%ETH0]", "fe80::1%eth0"] {
            assert!(pattern("fe80::1%eth0").matches(listed), "{listed}");
        }
        assert!(!pattern("fe80::1%eth0").matches("fe80::1%eth1"), "another computer on another network");
        assert_eq!(pattern("[fe80:0::1%eth0]").to_string(), "fe80::1%eth0");
        assert!(!pattern("10.0.0.5").matches("10.0.0.50"));
        assert!(!pattern("10.0.0.5").matches(""));
    }

    /// A failure here would select clients outside of a network, or miss some inside.
    #[test]
    fn a_network_holds_its_addresses_only() {
        let network = pattern("10.1.2.3/16");
        assert_eq!(network.to_string(), "10.1.0.0/16");
        assert!(network.matches("10.1.0.0") && network.matches(r"\\10.1.255.255"));
        assert!(!network.matches("10.2.0.0") && !network.matches("PC7") && !network.matches("::1"));
    }

    /// A failure here would match a host with addresses before it is resolved, or miss its name.
    #[test]
    fn a_host_matches_its_name_and_its_own_addresses() {
        assert!(pattern("pc7").matches(r"\\PC7") && pattern(r"\\pc7").matches("PC7"));
        assert!(!pattern("pc7").matches("10.0.0.7") && !pattern("pc7").matches(""));
        let host = ClientPattern::Host { name: "pc7".into(), addresses: vec!["10.0.0.7".parse().unwrap()] };
        assert!(host.matches("10.0.0.7") && !host.matches("10.0.0.8"));
    }

    /// A failure here would look a mistyped address up as a name, and select another computer.
    #[test]
    fn a_text_that_is_not_a_client_is_refused() {
        for text in ["", r"\\", "  "] {
            assert_eq!(text.parse::<ClientPattern>(), Err(ParseSelectorError::Empty), "{text}");
        }
        for text in ["10.0.0.0/33", "pc/7", "10.0.0/8"] {
            assert_eq!(text.parse::<ClientPattern>(), Err(ParseSelectorError::Network(text.into())));
        }
        for text in ["10.1", "0xa.1", "10.0.0.256", "pc 7", "pc*", r"pc\x", "pc:445"] {
            assert_eq!(text.parse::<ClientPattern>(), Err(ParseSelectorError::Client(text.into())));
        }
    }

    proptest! {
        /// A failure here would select other clients than the one with the address.
        #[test]
        fn an_address_matches_exactly_itself(one: [u8; 4], other: [u8; 4]) {
            let (one, other) = (IpAddr::from(one), IpAddr::from(other));
            prop_assert_eq!(pattern(&one.to_string()).matches(&other.to_string()), one == other);
        }
    }
}
