//! [`Sockets`]: where the server listens.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, TcpListener};

use netsession_server::Builder;

use crate::failure::Failure;

/// The address to listen on if nobody names one, and systemd passes no socket.
const DEFAULT: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 4450));

/// The sockets that systemd has passed, and the addresses to listen on.
pub(super) struct Sockets {
    passed: Vec<TcpListener>,
    listen: Vec<SocketAddr>,
}

impl Sockets {
    /// Takes the sockets that systemd has passed (`LISTEN_FDS`), and adds the addresses that somebody has named.
    pub(super) fn take(named: &[SocketAddr]) -> Result<Self, Failure> {
        let passed = passed()?;
        let listen = match named.is_empty() && passed.is_empty() {
            true => vec![DEFAULT],
            false => named.to_vec(),
        };
        Ok(Self { passed, listen })
    }

    /// Returns the addresses of the passed sockets that take no connection of IPv4.
    pub(super) fn without_ipv4(&self) -> Vec<SocketAddr> {
        let is_without = |socket: &&TcpListener| socket2::SockRef::from(*socket).only_v6().unwrap_or(false);
        self.passed.iter().filter(is_without).filter_map(|socket| socket.local_addr().ok()).collect()
    }

    /// Returns how many there are, without a socket for this computer alone.
    pub(super) fn count(&self) -> usize {
        self.passed.len().saturating_add(self.listen.len())
    }

    /// Lets a server listen there, and on loopback in any case: the local login works from there only.
    pub(super) fn apply(self, mut builder: Builder) -> Builder {
        let passed = self.passed.iter().filter_map(|socket| socket.local_addr().ok());
        let is_near = passed.chain(self.listen.iter().copied()).any(|address| reaches_loopback(&address));
        builder = self.listen.into_iter().fold(builder, Builder::listen);
        if !is_near {
            builder = builder.listen((Ipv4Addr::LOCALHOST, 0).into());
        }
        self.passed.into_iter().fold(builder, Builder::socket)
    }
}

/// Returns the sockets that systemd has passed.
#[cfg(unix)]
fn passed() -> Result<Vec<TcpListener>, Failure> {
    let unusable = |error| Failure::failed(format!("cannot use a socket that systemd has passed: {error}"));
    let mut passed = Vec::new();
    let mut all = listenfd::ListenFd::from_env();
    for index in 0..all.len() {
        passed.extend(all.take_tcp_listener(index).map_err(unusable)?);
    }
    Ok(passed)
}

/// Returns nothing: Windows has no systemd.
#[cfg(not(unix))]
fn passed() -> Result<Vec<TcpListener>, Failure> {
    Ok(Vec::new())
}

/// Whether a listener accepts connections from this computer to a loopback address.
fn reaches_loopback(address: &SocketAddr) -> bool {
    address.ip().is_loopback() || address.ip().is_unspecified()
}

/// The addresses at which this computer itself reaches the server, the one to show first. `[::]` takes connections of IPv4, too, unless
/// it is one of `without_ipv4` or the server has another socket for them.
pub(super) fn local_addresses(addresses: &[SocketAddr], without_ipv4: &[SocketAddr]) -> Vec<SocketAddr> {
    let mut local: Vec<SocketAddr> = Vec::new();
    for address in addresses.iter().filter(|address| reaches_loopback(address)) {
        let has_ipv4 = addresses.iter().any(|other| other.is_ipv4() && other.port() == address.port());
        let ips: &[IpAddr] = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => &[IpAddr::V4(Ipv4Addr::LOCALHOST)],
            IpAddr::V6(ip) if ip.is_unspecified() && (has_ipv4 || without_ipv4.contains(address)) => {
                &[IpAddr::V6(Ipv6Addr::LOCALHOST)]
            }
            IpAddr::V6(ip) if ip.is_unspecified() => {
                &[IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)]
            }
            ip => &[ip],
        };
        local.extend(ips.iter().map(|ip| SocketAddr::new(*ip, address.port())));
    }
    local
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would send commands of this computer to an address on which the server does not listen.
    #[test]
    fn local_address_reaches_the_server() {
        let addresses_of = |addresses: &[&str]| {
            let addresses: Vec<SocketAddr> = addresses.iter().map(|it| it.parse().unwrap()).collect();
            let local = local_addresses(&addresses, &["[::]:1".parse().unwrap()]);
            local.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert!(addresses_of(&["10.0.0.5:445"]).is_empty());
        assert_eq!(addresses_of(&["10.0.0.5:445", "0.0.0.0:4450"]), ["127.0.0.1:4450"]);
        assert_eq!(addresses_of(&["[::]:445"]), ["127.0.0.1:445", "[::1]:445"]);
        assert_eq!(addresses_of(&["0.0.0.0:445", "[::]:445"]), ["127.0.0.1:445", "[::1]:445"]);
        assert_eq!(addresses_of(&["[::]:445", "10.0.0.5:445"]), ["[::1]:445"]);
        assert_eq!(addresses_of(&["[::]:1"]), ["[::1]:1"]);
        assert_eq!(addresses_of(&["127.0.0.2:1"]), ["127.0.0.2:1"]);
    }
}
