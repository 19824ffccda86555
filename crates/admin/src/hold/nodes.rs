//! [`LeftOutNodes`]: the nodes of clusters at which a hold does not act, because they had another address when it was made.

use std::collections::BTreeMap;

use netsession_journal::HoldOrder;

use super::HoldEvent;
use super::keeper::Keeper;
use super::left_out::{self, Counted};
use crate::Target;

/// The nodes of clusters at which a hold does not act, for its problem.
pub(super) struct LeftOutNodes {
    /// The place of the next one among the problems.
    next: usize,
    places: BTreeMap<String, usize>,
}

impl LeftOutNodes {
    /// Begins with this place.
    pub(super) const fn new(first: usize) -> Self {
        Self { next: first, places: BTreeMap::new() }
    }

    /// Reports the nodes that a search has left out, each once.
    pub(super) fn add(
        &mut self,
        order: &HoldOrder,
        left_out: &BTreeMap<String, String>,
        keeper: &mut Keeper,
        tell: impl Fn(HoldEvent<'_>),
    ) {
        for (server, why) in left_out {
            if order.servers.contains(server) || self.places.contains_key(server) {
                continue;
            }
            keeper.problem_of(self.next, format!("{server}: {why}; the hold does not act there"));
            self.places.insert(server.clone(), self.next);
            self.next = self.next.saturating_add(1);
            tell(HoldEvent::LeftOut { server, why });
        }
    }

    /// Forgets the nodes of a cluster that a search no longer leaves out: it finds them, or they are no nodes any more.
    pub(super) fn settle(&mut self, cluster: &str, left_out: &BTreeMap<String, String>, keeper: &mut Keeper) {
        self.places.retain(|server, place| {
            let is_left_out = !left_out::is_node_of(server, cluster) || left_out.contains_key(server);
            if !is_left_out {
                keeper.forget(*place);
            }
            is_left_out
        });
    }

    /// Counts the nodes of each cluster of which the hold leaves a node out.
    pub(super) fn counts(&self, targets: &[Target]) -> Vec<Counted> {
        let counts = targets.iter().filter_map(|target| {
            let of_cluster = |server: &&String| left_out::is_node_of(server, target.name());
            let left_out = self.places.keys().filter(of_cluster).count();
            let acting = target.each_node().len();
            (left_out > 0).then(|| Counted { cluster: target.name().to_owned(), acting, left_out })
        });
        counts.collect()
    }
}

/// Returns the clusters of which a search has found more of the nodes at the start, each with its place.
pub(super) fn grown(found: &[Target], targets: &[Target]) -> Vec<(usize, Target)> {
    let grown = targets.iter().enumerate().filter_map(|(place, old)| {
        let new = found.iter().find(|new| new.name() == old.name())?;
        (new.each_node().len() > old.each_node().len()).then(|| (place, new.clone()))
    });
    grown.collect()
}
