//! [`SilentNodes`] finds which nodes of clusters fell silent, and which answer again.

use std::collections::BTreeMap;

use crate::SilentNode;

/// What happened to a node of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NodeEvent {
    /// The node stopped answering, or did not answer at first. The cluster may no longer list its sessions.
    Down(SilentNode),
    /// The node answers again.
    Up {
        /// The node's name.
        node: String,
    },
}

/// The nodes that do not answer, of each cluster.
///
/// ```
/// use netsession_admin::{NodeEvent, SilentNode, SilentNodes};
///
/// let mut nodes = SilentNodes::default();
/// let n2 = SilentNode { node: "n2".to_owned(), reason: "no answer".to_owned() };
/// assert_eq!(nodes.update(0, &[n2.clone()]), [NodeEvent::Down(n2.clone())]);
/// assert_eq!(nodes.update(0, &[n2]), []);
/// assert_eq!(nodes.update(0, &[]), [NodeEvent::Up { node: "n2".to_owned() }]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct SilentNodes {
    servers: BTreeMap<usize, Vec<SilentNode>>,
}

impl SilentNodes {
    /// Replaces the silent nodes of the cluster `server`, and returns what happened.
    pub fn update(&mut self, server: usize, silent: &[SilentNode]) -> Vec<NodeEvent> {
        let before = match silent {
            [] => self.servers.remove(&server),
            silent => self.servers.insert(server, silent.to_vec()),
        };
        let before = before.unwrap_or_default();
        let is_in = |nodes: &[SilentNode], name: &str| nodes.iter().any(|node| node.node == name);
        let up = before.iter().filter(|node| !is_in(silent, &node.node));
        let up = up.map(|node| NodeEvent::Up { node: node.node.clone() });
        let down = silent.iter().filter(|node| !is_in(&before, &node.node));
        down.cloned().map(NodeEvent::Down).chain(up).collect()
    }

    /// Returns the silent nodes of the cluster `server`.
    #[must_use]
    pub fn at(&self, server: usize) -> &[SilentNode] {
        self.servers.get(&server).map_or(&[], Vec::as_slice)
    }
}
