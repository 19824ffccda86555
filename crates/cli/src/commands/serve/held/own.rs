//! [`Own`]: the names and addresses of this server.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::slice;

use netsession_admin::NamedServer;
use netsession_config::Config;
use netsession_journal::HoldOrder;

use super::lookups::{Lookups, Said};

/// The names and addresses of this server.
#[derive(Debug, Clone)]
pub(super) struct Own {
    pub(super) addresses: Vec<SocketAddr>,
    pub(super) names: Vec<String>,
}

impl Own {
    /// Whether a hold names this server: by its address or name, an alias, a group or a cluster of which it is a node.
    pub(super) fn is_in(
        &self,
        order: &HoldOrder,
        config: &Config,
        lookups: &mut Lookups,
        said: &mut Said,
    ) -> bool {
        let has_netbios = order.login.has_netbios;
        order.servers.iter().enumerate().any(|(at, name)| {
            if let Some(nodes) = order.nodes.get(name) {
                let mut nodes = nodes.iter().filter_map(|node| node.rsplit_once(':'));
                return nodes.any(|(host, port)| {
                    port.parse().is_ok_and(|port| self.is(host, port, has_netbios, lookups, said))
                });
            }
            // An alias may have another address by now, which nobody has named. A cluster has none of its own.
            let was = order.places.get(at).and_then(|place| place.rsplit_once(':'));
            if let Some((host, port)) = was.and_then(|(host, port)| Some((host, port.parse().ok()?))) {
                return self.is(host, port, has_netbios, lookups, said);
            }
            match NamedServer::parse_all(&[name], config) {
                Ok(servers) => servers.iter().any(|server| {
                    let nodes = match server.nodes() {
                        [] => slice::from_ref(server),
                        nodes => nodes,
                    };
                    let addresses = nodes.iter().map(NamedServer::address);
                    addresses
                        .into_iter()
                        .any(|one| self.is(one.host(), one.port(), has_netbios, lookups, said))
                }),
                Err(error) => {
                    said.say(format!("a hold names {name}, which is no server here: {error}"));
                    false
                }
            }
        })
    }

    fn is(&self, host: &str, port: u16, has_netbios: bool, lookups: &mut Lookups, said: &mut Said) -> bool {
        let host = host.trim_matches(['[', ']']);
        let mut here = self.addresses.iter().filter(|own| own.port() == port).map(SocketAddr::ip).peekable();
        if here.peek().is_none() {
            return false;
        }
        if let Ok(ip) = host.parse::<IpAddr>() {
            return here.any(|own| is_at(ip, own));
        }
        if host.eq_ignore_ascii_case("localhost")
            || self.names.iter().any(|name| name.eq_ignore_ascii_case(host))
        {
            return true;
        }
        let Ok(pattern) = host.parse() else { return false };
        let addresses = lookups.addresses(&pattern, has_netbios, &[], said);
        here.any(|own| addresses.iter().any(|ip| is_at(*ip, own)))
    }
}

/// Whether a server that listens at `own` has the address.
fn is_at(ip: IpAddr, own: IpAddr) -> bool {
    match own.is_unspecified() {
        true => is_of_this_computer(ip),
        false => ip == own,
    }
}

/// Whether this computer has the address: only then it can listen there.
pub(super) fn is_of_this_computer(ip: IpAddr) -> bool {
    UdpSocket::bind((ip, 0)).is_ok()
}
