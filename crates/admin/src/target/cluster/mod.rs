//! [`Cluster`]: the nodes of a cluster. One node is asked, another takes over, and all of them are probed.
//!
//! Each node of a Samba cluster (CTDB) lists the sessions and the open files of all nodes, except those of a node that does
//! not answer. The answering nodes do not say so, and the silent one may still serve its users.

mod ask;
mod look_alike;
mod named;
mod probe;
mod silence;
mod take_over;

pub use ask::Answered;
pub use look_alike::{Seen, look_alikes};
pub use named::{NamedNodes, named_nodes};
pub use silence::Silence;

use std::sync::OnceLock;
use std::time::Duration;

use netsession::{ConnectOptions, Server, ServerAddress};

use crate::{Error, Target};
use take_over::Node;

/// A cluster, as a target knows it.
#[derive(Debug)]
pub(crate) struct Cluster {
    /// The name that the configuration gives it.
    pub(crate) name: String,
    /// The nodes that may answer for the target: all of them, or none if the person named a single node.
    pub(crate) members: Vec<Target>,
    /// The node that the person named, if it is a single one: no other node answers for it.
    pub(crate) alone: Option<String>,
    /// All nodes.
    pub(crate) nodes: Vec<ProbedNode>,
}

/// A node of a cluster, without a login.
#[derive(Debug, Clone)]
pub(crate) struct ProbedNode {
    pub(crate) name: String,
    pub(crate) address: ServerAddress,
    pub(crate) options: ConnectOptions,
    /// The GUID that the first answered probe returned.
    pub(crate) guid: OnceLock<[u8; 16]>,
}

impl ProbedNode {
    pub(crate) async fn probe(&self, within: Duration) -> Result<(), Error> {
        let connect_timeout = self.options.connect_timeout.min(within);
        let options = ConnectOptions { connect_timeout, ..self.options.clone() };
        let guid = Server::probe(&self.address.clone().into(), &options).await?;
        self.guid.get_or_init(|| guid);
        Ok(())
    }
}

impl Node for Target {
    type Connection = Server;

    fn name(&self) -> &str {
        Self::name(self)
    }

    async fn connect(&self) -> Result<Server, Error> {
        // A member of a cluster has no cluster, so this does not call itself.
        Box::pin(Self::connect(self)).await
    }

    async fn probe(&self) -> Result<(), Error> {
        let connect_timeout = self.options().connect_timeout.min(probe::PROBE_LIMIT);
        let options = ConnectOptions { connect_timeout, ..self.options().clone() };
        Server::probe(&self.address().clone().into(), &options).await?;
        Ok(())
    }
}

impl Cluster {
    /// Connects to the first node that answers, and returns its place among the members. `left_out` are members that no
    /// longer answer.
    pub(crate) async fn connect(&self, left_out: &[usize]) -> Result<(usize, Server), Error> {
        take_over::first_to_answer(&self.name, &self.members, left_out).await
    }

    /// Returns a node for each GUID with which the probed nodes have answered.
    fn strangers(&self) -> Vec<&str> {
        let mut found: Vec<(&[u8; 16], &str)> = Vec::new();
        for node in &self.nodes {
            let guid = node.guid.get().filter(|guid| !found.iter().any(|(other, _)| other == guid));
            found.extend(guid.map(|guid| (guid, node.name.as_str())));
        }
        found.into_iter().map(|(_, node)| node).collect()
    }
}
