//! The servers at which a hold does not act now: their name means another server, or their login is not found.

use std::collections::BTreeMap;
use std::net::{IpAddr, ToSocketAddrs as _};

use netsession_config::Config;
use netsession_journal::HoldOrder;

use crate::watch::place;
use crate::{NamedServer, Target};

/// Why a hold does not act at a server whose name means another one now.
const MOVED: &str = "it has another address than when the hold was made";
/// The same for a cluster.
const OTHER_NODES: &str = "none of its nodes has an address that a node had when the hold was made";
/// Why a hold does not act at some nodes of a cluster.
const NEW_NODES: &str = "no node had this address when the hold was made";

/// The servers of a hold, as its agent finds them now.
#[derive(Debug, Default)]
pub struct HoldTargets {
    /// Where the hold acts.
    pub targets: Vec<Target>,
    /// The name of each other server, and of each other node of a cluster, and why the hold does not act there.
    pub left_out: BTreeMap<String, String>,
}

impl HoldTargets {
    /// Leaves out each server and node whose name means another address: nobody has named that one.
    pub(super) fn sorted(order: &HoldOrder, found: Vec<Target>) -> Self {
        let mut sorted = Self::default();
        for target in found {
            if let Some(known) = order.nodes.get(target.name()) {
                sorted.add_cluster(&target, known);
            } else if is_where_it_was(order, target.name(), &place(&target)) {
                sorted.targets.push(target);
            } else {
                sorted.left_out.insert(target.name().to_owned(), MOVED.to_owned());
            }
        }
        sorted
    }

    fn add_cluster(&mut self, target: &Target, known: &[String]) {
        let is_known = |node: &Target| known.iter().any(|was| is_same_place(was, &address(node)));
        let (kept, new) = target.split_nodes(is_known);
        match kept {
            Some(kept) => {
                let new = new.into_iter().map(|node| (label(&node, target.name()), NEW_NODES.to_owned()));
                self.left_out.extend(new);
                self.targets.push(kept);
            }
            None => drop(self.left_out.insert(target.name().to_owned(), OTHER_NODES.to_owned())),
        }
    }
}

/// Returns the name under which a node is left out.
fn label(node: &str, cluster: &str) -> String {
    format!("{node} ({cluster})")
}

/// Whether a name under which something is left out is that of a node of this cluster.
pub(super) fn is_node_of(left_out: &str, cluster: &str) -> bool {
    left_out.ends_with(&label("", cluster))
}

/// Returns the addresses of the nodes of each cluster among these targets, for the order of a hold. The place of a cluster, and of a
/// node that is named alone, is only a name.
#[must_use]
pub fn hold_nodes(targets: &[Target]) -> BTreeMap<String, Vec<String>> {
    let clusters = targets.iter().filter(|target| target.is_cluster() || target.nodes().next().is_some());
    clusters
        .map(|target| (target.name().to_owned(), target.each_node().iter().map(address).collect()))
        .collect()
}

/// Returns the address of a target that is no cluster, also of a node.
fn address(node: &Target) -> String {
    text(node.address().host(), node.address().port())
}

fn text(host: &str, port: u16) -> String {
    format!("{}:{port}", host.to_lowercase())
}

fn is_where_it_was(order: &HoldOrder, name: &str, now: &str) -> bool {
    let at = order.servers.iter().position(|one| one == name);
    // Orders of earlier versions have no addresses.
    at.and_then(|at| order.places.get(at)).is_none_or(|was| is_same_place(was, now))
}

/// How many nodes a cluster had at the last search.
pub(super) struct Counted {
    pub(super) cluster: String,
    /// Those at which the hold acts.
    pub(super) acting: usize,
    pub(super) left_out: usize,
}

/// Whether one of these clusters has other nodes than at the last search. It asks for no login.
pub(super) fn has_other_nodes(order: &HoldOrder, counts: &[Counted]) -> bool {
    let Ok(config) = Config::read() else { return false };
    counts.iter().any(|Counted { cluster, acting, left_out }| {
        let Some(known) = order.nodes.get(cluster) else { return false };
        let Ok(servers) = NamedServer::parse_all(std::slice::from_ref(cluster), &config) else {
            return false;
        };
        // Also those of a node that is named alone.
        let nodes = |server: &NamedServer| addresses(server, &server.nodes_in(&config));
        let now: Vec<String> = servers.iter().flat_map(nodes).collect();
        let is_known = |now: &&String| known.iter().any(|was| is_same_place(was, now));
        let of_then = now.iter().filter(is_known).count();
        (of_then, now.len().saturating_sub(of_then)) != (*acting, *left_out)
    })
}

/// Returns the addresses of the nodes, or that of a server without nodes, by the configuration.
fn addresses(server: &NamedServer, nodes: &[NamedServer]) -> Vec<String> {
    let of = |server: &NamedServer| text(server.address().host(), server.address().port());
    match nodes {
        [] => vec![of(server)],
        nodes => nodes.iter().map(of).collect(),
    }
}

/// Whether one of these servers of a hold can have its earlier address again. It asks for no login.
pub(super) fn can_be_back(order: &HoldOrder, names: &[String]) -> bool {
    let Ok(config) = Config::read() else { return false };
    let Ok(servers) = NamedServer::parse_all(names, &config) else { return false };
    servers.into_iter().any(|server| {
        let server = server.resolved(&config);
        let now = addresses(&server, server.nodes());
        match order.nodes.get(server.name()) {
            Some(known) => known.iter().any(|was| now.iter().any(|now| is_same_place(was, now))),
            // The place of a cluster of an earlier version, and of its nodes, is a name.
            None if !server.nodes().is_empty() => true,
            None if config.cluster_of(server.named().host(), server.named().port()).is_some() => true,
            None => now.iter().any(|now| is_where_it_was(order, server.name(), now)),
        }
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
pub(super) fn split(place: &str) -> Option<(&str, u16)> {
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
