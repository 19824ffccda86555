//! The networks of this computer.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};

use nix::ifaddrs::getifaddrs;
use nix::net::if_::InterfaceFlags;
use nix::sys::socket::SockaddrStorage;

/// An IPv4 address of this computer, and the network that it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interface {
    pub(super) address: Ipv4Addr,
    mask: Ipv4Addr,
}

impl Interface {
    /// Whether a computer with this address is in the same network.
    pub(super) fn contains(&self, other: Ipv4Addr) -> bool {
        self.address & self.mask == other & self.mask
    }
}

/// Returns the interfaces with multicast on which clients reach one of these listeners.
pub(super) fn all(listeners: &[SocketAddr]) -> Vec<Interface> {
    let Ok(found) = getifaddrs() else { return Vec::new() };
    let wanted = InterfaceFlags::IFF_UP | InterfaceFlags::IFF_MULTICAST;
    let found =
        found.filter(|it| it.flags.contains(wanted) && !it.flags.contains(InterfaceFlags::IFF_LOOPBACK));
    let interfaces =
        found.filter_map(|it| Some(Interface { address: v4(&it.address?)?, mask: v4(&it.netmask?)? }));
    interfaces
        .filter(|interface| listeners.iter().any(|listener| serves(listener, interface.address)))
        .collect()
}

fn v4(address: &SockaddrStorage) -> Option<Ipv4Addr> {
    address.as_sockaddr_in().map(|address| *SocketAddrV4::from(*address).ip())
}

fn serves(listener: &SocketAddr, address: Ipv4Addr) -> bool {
    match listener.ip() {
        IpAddr::V4(ip) => ip.is_unspecified() || ip == address,
        // Such a listener takes IPv4, too.
        IpAddr::V6(ip) => ip.is_unspecified(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would answer computers of other networks, which can forge their addresses, or none.
    #[test]
    fn a_network_contains_its_own_computers() {
        let interface =
            Interface { address: Ipv4Addr::new(10, 1, 2, 3), mask: Ipv4Addr::new(255, 255, 0, 0) };
        assert!(interface.contains(Ipv4Addr::new(10, 1, 9, 9)));
        assert!(!interface.contains(Ipv4Addr::new(10, 2, 2, 3)));
        assert!(serves(&"0.0.0.0:445".parse().unwrap(), interface.address));
        assert!(serves(&"10.1.2.3:445".parse().unwrap(), interface.address));
        assert!(!serves(&"10.1.2.4:445".parse().unwrap(), interface.address));
    }
}
