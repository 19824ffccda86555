//! [`Silence`]: which nodes of a cluster were silent when something changed, and so what can be said about it.

use crate::{Error, Missing, SilentNode};

/// The nodes of a cluster that did not answer before a change, and those that did not answer after it.
///
/// A node that was silent before has no part in the change: the listing before it lacked what that node serves. But if a node
/// falls silent, the other nodes forget its sessions, so a session that is no longer listed has not necessarily ended.
///
/// ```
/// use netsession_admin::{Missing, Silence};
///
/// let healthy = Silence::default();
/// assert!(!healthy.is_outcome_unknown());
/// assert!(healthy.errors("nas", Missing::Sessions).is_empty());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Silence {
    before: Vec<SilentNode>,
    after: Vec<SilentNode>,
}

impl Silence {
    /// Combines the nodes that were silent before the change with those that were silent after it.
    #[must_use]
    pub const fn new(before: Vec<SilentNode>, after: Vec<SilentNode>) -> Self {
        Self { before, after }
    }

    /// Whether a node fell silent, so that nobody can say that a session has ended or a file is closed.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        self.fell_silent().next().is_some()
    }

    /// Returns the names of the nodes that fell silent.
    pub fn fell_silent(&self) -> impl Iterator<Item = &str> {
        let after = self.after.iter().map(|node| node.node.as_str());
        after.filter(|node| !self.before.iter().any(|before| before.node == *node))
    }

    /// Returns the error for each node that was silent before or after, once.
    #[must_use]
    pub fn errors(&self, server: &str, missing: Missing) -> Vec<Error> {
        let is_before = |node: &&SilentNode| self.before.iter().any(|before| before.node == node.node);
        let after = self.after.iter().filter(|node| !is_before(node));
        self.before.iter().chain(after).map(|node| node.error(server, missing)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would call a session ended that a frozen node still serves, or never call one ended while another node
    /// is down for days.
    #[test]
    fn only_a_node_that_falls_silent_makes_the_outcome_unknown() {
        let silent = |names: &[&str]| -> Vec<SilentNode> {
            names.iter().map(|&name| SilentNode { node: name.to_owned(), reason: "x".to_owned() }).collect()
        };
        for (before, after, fell_silent, errors) in [
            (&[][..], &[][..], "", 0),
            (&["n2"], &["n2"], "", 1),
            (&["n2"], &[], "", 1),
            (&[], &["n2"], "n2", 1),
            (&["n2"], &["n2", "n3"], "n3", 2),
        ] {
            let silence = Silence::new(silent(before), silent(after));
            assert_eq!(silence.fell_silent().collect::<Vec<_>>().join(" "), fell_silent);
            assert_eq!(silence.is_outcome_unknown(), !fell_silent.is_empty());
            assert_eq!(silence.errors("nas", Missing::Sessions).len(), errors);
        }
    }
}
