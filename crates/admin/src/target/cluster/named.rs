//! [`named_nodes`]: the nodes of one cluster that a person named beside each other.

use std::collections::BTreeMap;

use crate::Target;

/// Targets that are one cluster by the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamedNodes {
    /// The name of the cluster.
    pub cluster: String,
    /// The names of the targets: nodes, and perhaps the cluster itself.
    pub targets: Vec<String>,
}

/// Returns the clusters that several targets name. Each of these targets lists the same sessions.
#[must_use]
pub fn named_nodes(targets: &[Target]) -> Vec<NamedNodes> {
    let mut named: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for target in targets {
        if let Some(cluster) = &target.cluster {
            named.entry(&cluster.name).or_default().push(target.name().to_owned());
        }
    }
    let several = named.into_iter().filter(|(_, targets)| targets.len() > 1);
    several.map(|(cluster, targets)| NamedNodes { cluster: cluster.to_owned(), targets }).collect()
}
