//! The addresses that reach the server, for clients that want more connections for their session (multichannel).

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
#[cfg(unix)]
use std::net::{SocketAddrV4, SocketAddrV6};

use netsession_smb::msg::fsctl::{InterfaceCapabilities, NetworkInterface};
#[cfg(unix)]
use nix::ifaddrs::getifaddrs;
#[cfg(unix)]
use nix::net::if_::{InterfaceFlags, if_nametoindex};
#[cfg(unix)]
use nix::sys::socket::SockaddrStorage;

/// The speed that the server reports for an interface of unknown speed, in bits per second.
#[cfg(unix)]
const USUAL_SPEED: u64 = 1_000_000_000;

/// Returns the addresses of this computer that reach all of `listening`: a client uses the same port on each.
#[cfg(windows)]
pub(crate) fn reachable(listening: &[SocketAddr]) -> Vec<NetworkInterface> {
    let Ok(adapters) = ipconfig::get_adapters() else { return Vec::new() };
    let is_up = |adapter: &&ipconfig::Adapter| adapter.oper_status() == ipconfig::OperStatus::IfOperStatusUp;
    let of_adapter = |adapter: &ipconfig::Adapter| {
        let if_index = adapter.ipv6_if_index();
        let link_speed = adapter.transmit_link_speed();
        let of_address = move |address: &IpAddr| NetworkInterface {
            if_index,
            capabilities: InterfaceCapabilities::empty(),
            link_speed,
            address: Some(*address),
        };
        let served = adapter.ip_addresses().iter().filter(|address| is_served(**address, listening));
        served.map(of_address).collect::<Vec<_>>()
    };
    adapters
        .iter()
        .filter(is_up)
        .filter(|adapter| adapter.ipv6_if_index() != 0)
        .flat_map(of_adapter)
        .collect()
}

/// Returns the addresses of this computer that reach all of `listening`: a client uses the same port on each.
#[cfg(unix)]
pub(crate) fn reachable(listening: &[SocketAddr]) -> Vec<NetworkInterface> {
    let Ok(addresses) = getifaddrs() else { return Vec::new() };
    let running = InterfaceFlags::IFF_UP | InterfaceFlags::IFF_RUNNING;
    let interfaces = addresses.filter(|found| found.flags.contains(running)).filter_map(|found| {
        let address = ip(&found.address?)?;
        let if_index = if_nametoindex(found.interface_name.as_str()).ok().filter(|index| *index != 0)?;
        is_served(address, listening).then(|| NetworkInterface {
            if_index,
            capabilities: InterfaceCapabilities::empty(),
            link_speed: speed(&found.interface_name).unwrap_or(USUAL_SPEED),
            address: Some(address),
        })
    });
    interfaces.collect()
}

#[cfg(unix)]
fn ip(address: &SockaddrStorage) -> Option<IpAddr> {
    let v4 =
        address.as_sockaddr_in().map(|address| IpAddr::from(SocketAddrV4::from(*address).ip().to_owned()));
    v4.or_else(|| {
        address.as_sockaddr_in6().map(|address| IpAddr::from(SocketAddrV6::from(*address).ip().to_owned()))
    })
}

/// Returns whether clients reach every port of `listening` on this address, whichever port they use.
fn is_served(address: IpAddr, listening: &[SocketAddr]) -> bool {
    let by_all = |listener: &SocketAddr| {
        let any = listener.ip().is_unspecified() && listener.is_ipv4() == address.is_ipv4();
        listener.ip() == address || any && is_reachable(address)
    };
    // A listener on loopback counts only if there is no other listener.
    let near = listening.iter().all(|listener| listener.ip().is_loopback());
    let listening = || listening.iter().filter(|listener| near || !listener.ip().is_loopback());
    let ports: BTreeSet<u16> = listening().map(SocketAddr::port).collect();
    let on = |port: &u16| listening().filter(|listener| listener.port() == *port).any(by_all);
    !ports.is_empty() && ports.iter().all(on)
}

/// Returns whether other computers reach it by this address without a scope.
fn is_reachable(address: IpAddr) -> bool {
    let local = match address {
        IpAddr::V4(address) => address.is_link_local() || address == Ipv4Addr::UNSPECIFIED,
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    !local && !address.is_loopback()
}

/// Returns the speed of an interface in bits per second, if Linux knows it.
#[cfg(unix)]
fn speed(interface: &str) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/sys/class/net/{interface}/speed")).ok()?;
    text.trim().parse::<u64>().ok()?.checked_mul(1_000_000).filter(|speed| *speed != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(address: &str, listening: &[&str]) -> bool {
        let listening: Vec<_> = listening.iter().map(|address| address.parse().unwrap()).collect();
        is_served(address.parse().unwrap(), &listening)
    }

    /// A failure here would send clients to addresses where no server answers.
    #[test]
    fn only_reachable_addresses_are_reported() {
        assert!(served("10.0.0.1", &["0.0.0.0:445"]) && served("10.0.0.1", &["10.0.0.1:445"]));
        assert!(served("fd00::1", &["[::]:445"]) && served("127.0.0.1", &["127.0.0.1:445"]));
        assert!(served("10.0.0.1", &["0.0.0.0:445", "10.0.0.1:446", "127.0.0.1:447"]));
        let refused = [
            ("10.0.0.2", vec!["10.0.0.1:445"]),
            ("10.0.0.1", vec!["10.0.0.1:445", "10.0.0.2:446"]),
            ("127.0.0.1", vec!["10.0.0.1:445", "127.0.0.1:445"]),
            ("127.0.0.1", vec!["0.0.0.0:445"]),
            ("169.254.0.1", vec!["0.0.0.0:445"]),
            ("fe80::1", vec!["[::]:445"]),
            ("fd00::1", vec!["0.0.0.0:445"]),
            ("10.0.0.1", vec![]),
        ];
        for (address, listening) in refused {
            assert!(!served(address, &listening), "{address} {listening:?}");
        }
    }

    /// A failure here would miss the loopback interface, which every computer has.
    #[test]
    #[cfg_attr(windows, ignore = "Wine has no interface here")]
    fn the_computers_own_interfaces_are_found() {
        let found = reachable(&["127.0.0.1:445".parse().unwrap()]);
        let [loopback] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(loopback.address, Some(IpAddr::from([127, 0, 0, 1])));
        assert!(loopback.if_index != 0 && loopback.link_speed != 0);
        assert_eq!(reachable(&[]), []);
    }
}
