//! The servers at which a hold does not act now: their name means another server, or their login is not found.

use std::collections::BTreeMap;
use std::net::{IpAddr, ToSocketAddrs as _};

use netsession_config::Config;
use netsession_journal::HoldOrder;

use crate::watch::place;
use crate::{NamedServer, Target};

/// Why a hold does not act at a server whose name means another one now.
const MOVED: &str = "it has another address than when the hold was made";

/// The servers of a hold, as its agent finds them now.
#[derive(Debug, Default)]
pub struct HoldTargets {
    /// Where the hold acts.
    pub targets: Vec<Target>,
    /// The name of each other server, and why the hold does not act there.
    pub left_out: BTreeMap<String, String>,
}

impl HoldTargets {
    /// Leaves out each server whose name means another address: nobody has named that one.
    pub(super) fn sorted(order: &HoldOrder, found: Vec<Target>) -> Self {
        let (targets, moved): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|target| is_where_it_was(order, target.name(), &place(target)));
        let left_out = moved.iter().map(|target| (target.name().to_owned(), MOVED.to_owned())).collect();
        Self { targets, left_out }
    }
}

fn is_where_it_was(order: &HoldOrder, name: &str, now: &str) -> bool {
    let at = order.servers.iter().position(|one| one == name);
    // Orders of earlier versions have no addresses.
    at.and_then(|at| order.places.get(at)).is_none_or(|was| is_same_place(was, now))
}

/// Whether one of these servers of a hold can have its address of then again. It asks for no login.
pub(super) fn can_be_back(order: &HoldOrder, names: &[String]) -> bool {
    let Ok(config) = Config::read() else { return false };
    let Ok(servers) = NamedServer::parse_all(names, &config) else { return false };
    servers.into_iter().any(|server| {
        let server = server.resolved(&config);
        let (host, port) = (server.address().host(), server.address().port());
        // The place of a cluster, and of its nodes, is a name.
        !server.nodes().is_empty()
            || config.cluster_of(server.named().host(), server.named().port()).is_some()
            || is_where_it_was(order, server.name(), &format!("{}:{port}", host.to_lowercase()))
    })
}

/// Whether two places are the same server: they are equal, or have an address and the port in common. It can ask the name service.
fn is_same_place(was: &str, now: &str) -> bool {
    let addresses = |(host, port): (&str, u16)| -> Vec<IpAddr> {
        let found = (host.trim_matches(['[', ']']), port).to_socket_addrs();
        found.map(|found| found.map(|one| one.ip()).collect()).unwrap_or_default()
    };
    was == now
        || split(was).zip(split(now)).is_some_and(|(was, now)| {
            was.1 == now.1 && {
                let known = addresses(was);
                addresses(now).iter().any(|one| known.contains(one))
            }
        })
}

/// Returns the host and the port of a place; None for a cluster.
fn split(place: &str) -> Option<(&str, u16)> {
    let (host, port) = place.rsplit_once(':')?;
    Some((host, port.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::is_same_place;

    /// A failure here would free somebody because a person wrote the address in other words, or disconnect somebody at another server.
    #[test]
    fn a_place_in_other_words_is_the_same_server() {
        for (was, now) in [
            ("127.0.0.1:4450", "localhost:4450"),
            ("localhost:4450", "127.0.0.1:4450"),
            ("fs1.invalid:445", "fs1.invalid:445"),
            ("::1:445", "[::1]:445"),
            ("nas", "nas"),
        ] {
            assert!(is_same_place(was, now), "{was} {now}");
        }
        for (was, now) in [
            ("127.0.0.1:4450", "127.0.0.1:4451"),
            ("127.0.0.1:4450", "127.0.0.2:4450"),
            ("fs1.invalid:445", "fs2.invalid:445"),
            ("nas", "127.0.0.1:445"),
            ("nas", "ha"),
        ] {
            assert!(!is_same_place(was, now), "{was} {now}");
        }
    }
}
