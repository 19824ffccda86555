//! Probes beside the work, which find each [`SilentNode`].

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, join, join_all, select};
use tokio::time::{Instant, timeout};

use super::{Cluster, ProbedNode};
use crate::SilentNode;

/// How long an answered probe counts. A cluster needs more than ten times as long to forget the sessions of a node that
/// stops answering, and keeps its answer back until then.
const PROBE_AGE: Duration = Duration::from_secs(2);

/// The longest wait for a probe. A healthy node answers in milliseconds, however long its calls may take.
pub(super) const PROBE_LIMIT: Duration = Duration::from_secs(5);

/// The wait for the probe of a node that was silent before, if the caller lists again and again.
const REPEATED_LIMIT: Duration = Duration::from_secs(1);

impl Cluster {
    /// As [`Target::beside_probes`](crate::Target::beside_probes).
    pub(crate) async fn beside_probes<T>(
        &self,
        work: impl AsyncFn() -> T,
        discard: impl AsyncFn(T),
    ) -> (T, Vec<SilentNode>) {
        let nodes: Vec<&ProbedNode> = self.nodes.iter().collect();
        beside(&nodes, work, discard).await
    }

    /// Runs `work` beside probes, again and again. `silent` are the nodes that were silent before: it waits for them for a
    /// second only. It gives `work` up if another node turns out to be silent first, and returns the longest wait for a probe then.
    pub(crate) async fn beside_repeated_probes<T>(
        &self,
        silent: &[SilentNode],
        work: impl Future<Output = T>,
    ) -> (Result<T, Duration>, Vec<SilentNode>) {
        let again = |node: &ProbedNode| silent.iter().find(|silent| silent.node == node.name).cloned();
        let nodes: Vec<Repeated<&ProbedNode>> =
            self.nodes.iter().map(|node| Repeated { node, silent: again(node) }).collect();
        beside_repeated(&nodes, work).await
    }

    /// Probes every node, and returns those that do not answer.
    pub(crate) async fn silent_nodes(&self) -> Vec<SilentNode> {
        let nodes: Vec<&ProbedNode> = self.nodes.iter().collect();
        silent_of(nodes.iter()).await
    }
}

/// A node that can be probed.
pub(super) trait Probed {
    fn name(&self) -> &str;
    /// Finds out whether the node answers, or returns the reason why not.
    async fn probe(&self) -> Result<(), String>;
}

impl Probed for &ProbedNode {
    fn name(&self) -> &str {
        &self.name
    }

    async fn probe(&self) -> Result<(), String> {
        ProbedNode::probe(self).await.map_err(|error| error.to_string())
    }
}

/// A node that may have been silent before.
struct Repeated<N> {
    node: N,
    silent: Option<SilentNode>,
}

impl<N: Probed> Probed for Repeated<N> {
    fn name(&self) -> &str {
        self.node.name()
    }

    async fn probe(&self) -> Result<(), String> {
        match &self.silent {
            None => self.node.probe().await,
            Some(silent) => timeout(REPEATED_LIMIT, self.node.probe())
                .await
                .unwrap_or_else(|_| Err(silent.reason.clone())),
        }
    }
}

/// As [`Cluster::beside_repeated_probes`].
async fn beside_repeated<N: Probed, T>(
    nodes: &[Repeated<N>],
    work: impl Future<Output = T>,
) -> (Result<T, Duration>, Vec<SilentNode>) {
    let began = Instant::now();
    let is_new = |one: &SilentNode| nodes.iter().any(|node| node.silent.is_none() && node.name() == one.node);
    match select(pin!(work), pin!(silent_of(nodes.iter()))).await {
        Either::Left((result, _)) if began.elapsed() > PROBE_AGE => {
            (Ok(result), silent_of(nodes.iter()).await)
        }
        Either::Left((result, probes)) => (Ok(result), probes.await),
        Either::Right((silent, _)) if silent.iter().any(is_new) => (Err(PROBE_LIMIT), silent),
        Either::Right((silent, work)) => {
            let result = work.await;
            if began.elapsed() <= PROBE_AGE {
                return (Ok(result), silent);
            }
            let answered = nodes.iter().filter(|node| !silent.iter().any(|one| one.node == node.name()));
            let fell_silent = silent_of(answered).await;
            (Ok(result), silent.into_iter().chain(fell_silent).collect())
        }
    }
}

/// Runs `work` beside probes of the nodes, and returns those that did not answer.
///
/// If `work` takes long, its answer belongs to no probe. While a cluster waits for a node that fell silent, its other nodes
/// answer neither, so `work` runs again if a node was silent. Otherwise the nodes are probed again.
async fn beside<N: Probed, T>(
    nodes: &[N],
    work: impl AsyncFn() -> T,
    discard: impl AsyncFn(T),
) -> (T, Vec<SilentNode>) {
    let attempt = async || {
        let began = Instant::now();
        let timed = async {
            let result = work().await;
            (result, began.elapsed() > PROBE_AGE)
        };
        let ((result, took_long), silent) = join(timed, silent_of(nodes.iter())).await;
        (result, took_long, silent)
    };
    let (mut result, mut took_long, mut silent) = attempt().await;
    if took_long && !silent.is_empty() {
        discard(result).await;
        (result, took_long, silent) = attempt().await;
    }
    if took_long {
        let answered = nodes.iter().filter(|node| !silent.iter().any(|one| one.node == node.name()));
        let fell_silent = silent_of(answered).await;
        silent.extend(fell_silent);
    }
    (result, silent)
}

/// Probes nodes at once, and returns those that do not answer.
async fn silent_of<'n, N: Probed + 'n>(nodes: impl Iterator<Item = &'n N>) -> Vec<SilentNode> {
    let probes = nodes.map(|node| async {
        let reason = node.probe().await.err()?;
        tracing::info!("{} does not answer a probe: {reason}", node.name());
        Some(SilentNode { node: node.name().to_owned(), reason })
    });
    join_all(probes).await.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::time::sleep;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(5);

    /// A node that answers probes until a time, measured from the start.
    struct Until {
        name: &'static str,
        began: Instant,
        until: Duration,
        probes: Cell<u32>,
    }

    impl Probed for Until {
        fn name(&self) -> &str {
            self.name
        }

        async fn probe(&self) -> Result<(), String> {
            self.probes.set(self.probes.get() + 1);
            if self.began.elapsed() < self.until {
                return Ok(());
            }
            sleep(LIMIT).await;
            Err(format!("{} is frozen", self.name))
        }
    }

    /// Returns the silent nodes, the time in milliseconds, and the number of probes of each node. `work` is the time of each
    /// attempt.
    async fn probed(work: &[Duration], until: [Duration; 2]) -> (String, u128, Vec<u32>) {
        let began = Instant::now();
        let nodes = [("n1", until[0]), ("n2", until[1])].map(|(name, until)| Until {
            name,
            began,
            until,
            probes: Cell::new(0),
        });
        let attempts = Cell::new(0);
        let work = async || {
            let attempt = attempts.replace(attempts.get() + 1);
            sleep(work[attempt]).await;
            attempt
        };
        let discarded = Cell::new(0);
        let (last, silent) = beside(&nodes, work, async |attempt| discarded.set(attempt + 1)).await;
        assert_eq!(last, discarded.get(), "each earlier attempt is discarded");
        let probes = nodes.iter().map(|node| node.probes.get()).collect();
        let silent: Vec<_> = silent.into_iter().map(|silent| silent.node).collect();
        (silent.join(" "), began.elapsed().as_millis(), probes)
    }

    const SHORT: Duration = Duration::from_millis(10);
    const LONG: Duration = Duration::from_secs(27);

    /// A failure here would make a healthy cluster slower, or take its nodes for silent.
    #[tokio::test(start_paused = true)]
    async fn the_probes_of_a_healthy_cluster_take_no_time() {
        assert_eq!(probed(&[SHORT], [Duration::MAX; 2]).await, (String::new(), 10, vec![1, 1]));
        assert_eq!(probed(&[LONG], [Duration::MAX; 2]).await, (String::new(), 27_000, vec![2, 2]));
    }

    /// A failure here would take the listing of a cluster for complete although the sessions of a node are missing.
    #[tokio::test(start_paused = true)]
    async fn a_node_that_freezes_before_or_during_the_work_is_silent() {
        let before = [Duration::MAX, Duration::ZERO];
        assert_eq!(probed(&[SHORT], before).await, ("n2".to_owned(), 5_000, vec![1, 1]));
        let during = [Duration::MAX, Duration::from_secs(1)];
        assert_eq!(probed(&[LONG], during).await, ("n2".to_owned(), 32_000, vec![2, 2]));
    }

    /// A failure here would call a healthy node silent, which only waited for a frozen one, or trust a listing that came long
    /// after its probes.
    #[tokio::test(start_paused = true)]
    async fn a_listing_that_waited_for_a_silent_node_is_repeated() {
        let (silent, took, probes) = probed(&[LONG, SHORT], [Duration::MAX, Duration::ZERO]).await;
        assert_eq!((silent.as_str(), took, probes), ("n2", 32_000, vec![2, 2]));
        let (silent, took, probes) = probed(&[LONG, LONG], [Duration::MAX, Duration::ZERO]).await;
        assert_eq!((silent.as_str(), took, probes), ("n2", 54_000, vec![3, 2]));
    }

    /// Returns the time in milliseconds, whether the work was given up, and the silent nodes. `known` were silent before.
    async fn repeated(work: Duration, until: [Duration; 2], known: &[&str]) -> (u128, bool, String) {
        let began = Instant::now();
        let nodes = [("n1", until[0]), ("n2", until[1])].map(|(name, until)| {
            let silent = SilentNode { node: name.to_owned(), reason: "known".to_owned() };
            let node = Until { name, began, until, probes: Cell::new(0) };
            Repeated { node, silent: known.contains(&name).then_some(silent) }
        });
        let (result, silent) = beside_repeated(&nodes, sleep(work)).await;
        let silent: Vec<_> = silent.into_iter().map(|silent| silent.node).collect();
        (began.elapsed().as_millis(), result.is_err(), silent.join(" "))
    }

    /// A failure here would tell an administrator half a minute late that a node is frozen, make each listing of a live view
    /// wait for a node that is down, or never list a large cluster of which a node is down.
    #[tokio::test(start_paused = true)]
    async fn repeated_listings_wait_for_no_node_that_was_silent_before() {
        let healthy = [Duration::MAX; 2];
        let frozen = [Duration::MAX, Duration::ZERO];
        let nobody = String::new;
        assert_eq!(repeated(SHORT, healthy, &[]).await, (10, false, nobody()));
        assert_eq!(repeated(LONG, healthy, &[]).await, (27_000, false, nobody()));
        assert_eq!(repeated(SHORT, frozen, &[]).await, (5_000, false, "n2".to_owned()));
        assert_eq!(repeated(LONG, frozen, &[]).await, (5_000, true, "n2".to_owned()));
        assert_eq!(repeated(SHORT, frozen, &["n2"]).await, (1_000, false, "n2".to_owned()));
        assert_eq!(repeated(LONG, frozen, &["n2"]).await, (27_000, false, "n2".to_owned()));
        assert_eq!(repeated(SHORT, healthy, &["n2"]).await, (10, false, nobody()), "it answers again");
    }
}
