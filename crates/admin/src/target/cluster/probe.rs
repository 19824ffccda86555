//! Probes beside the work, which find each [`SilentNode`].

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, join, join_all, select};
use tokio::time::{Instant, timeout};

use super::{Cluster, ProbedNode};
use crate::target::time_limit::TimeLimit;
use crate::{Error, SilentNode};

/// How long an answered probe counts: not so long that another node takes over from one that fell silent after its probe. A
/// cluster needs half a minute to forget the sessions of a node that stops answering, and keeps its answer back until then.
const PROBE_AGE: Duration = Duration::from_millis(500);

/// The longest wait for a probe. A healthy node answers in milliseconds, however long its calls may take.
pub(super) const PROBE_LIMIT: Duration = Duration::from_secs(5);

/// The shortest wait for a probe: many times the round trip of a distant node.
const SHORTEST_PROBE: Duration = Duration::from_millis(250);

/// The wait for the probe of a node that was silent before, if the work is repeated.
const REPEATED_LIMIT: Duration = Duration::from_secs(1);

impl Cluster {
    /// As [`Target::beside_probes`](crate::Target::beside_probes).
    pub(crate) async fn beside_probes<T>(
        &self,
        limit: TimeLimit,
        work: impl AsyncFn() -> Result<T, Error>,
        discard: impl AsyncFn(T),
    ) -> (Result<T, Error>, Vec<SilentNode>) {
        let nodes: Vec<&ProbedNode> = self.nodes.iter().collect();
        let (result, silent) = beside(&nodes, self.alone.as_deref(), limit, work, discard).await;
        let result = match result {
            // There was no time to connect to each of them.
            Err(cause @ Error::DeadlinePassed { .. }) if silent.len() == nodes.len() => {
                Err(Error::NoNode { cluster: self.name.clone(), cause: Some(Box::new(cause)) })
            }
            result => result,
        };
        (result, silent)
    }

    /// Runs `work` beside probes, again and again. `silent` are the nodes that were silent before: it waits for them for a
    /// second only. It gives `work` up if another node turns out to be silent first, and returns the longest wait for a probe then.
    pub(crate) async fn beside_repeated_probes<T>(
        &self,
        silent: &[SilentNode],
        work: impl Future<Output = T>,
    ) -> (Result<T, Duration>, Vec<SilentNode>) {
        let nodes: Vec<_> = self.nodes.iter().map(|node| Repeated::new(node, silent)).collect();
        beside_repeated(&nodes, work).await
    }

    /// Probes every node, and returns those that do not answer.
    pub(crate) async fn silent_nodes(&self) -> Vec<SilentNode> {
        let nodes: Vec<&ProbedNode> = self.nodes.iter().collect();
        silent_of(nodes.iter(), PROBE_LIMIT).await
    }
}

/// A node that can be probed.
pub(super) trait Probed {
    fn name(&self) -> &str;
    /// Finds out whether the node answers within this time, or returns the reason why not.
    async fn probe(&self, within: Duration) -> Result<(), String>;
}

impl Probed for ProbedNode {
    fn name(&self) -> &str {
        &self.name
    }

    async fn probe(&self, within: Duration) -> Result<(), String> {
        Self::probe(self, within).await.map_err(|error| error.to_string())
    }
}

impl<N: Probed> Probed for &N {
    fn name(&self) -> &str {
        N::name(self)
    }

    async fn probe(&self, within: Duration) -> Result<(), String> {
        N::probe(self, within).await
    }
}

/// A node that may have been silent before.
struct Repeated<N> {
    node: N,
    silent: Option<SilentNode>,
}

impl<N: Probed> Repeated<N> {
    fn new(node: N, silent: &[SilentNode]) -> Self {
        let silent = silent.iter().find(|silent| silent.node == node.name()).cloned();
        Self { node, silent }
    }
}

impl<N: Probed> Probed for Repeated<N> {
    fn name(&self) -> &str {
        self.node.name()
    }

    async fn probe(&self, within: Duration) -> Result<(), String> {
        match &self.silent {
            None => self.node.probe(within).await,
            Some(silent) => timeout(REPEATED_LIMIT, self.node.probe(within))
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
    match select(pin!(work), pin!(silent_of(nodes.iter(), PROBE_LIMIT))).await {
        Either::Left((result, _)) if began.elapsed() > PROBE_AGE => {
            (Ok(result), silent_of(nodes.iter(), PROBE_LIMIT).await)
        }
        Either::Left((result, probes)) => (Ok(result), probes.await),
        Either::Right((silent, _)) if silent.iter().any(is_new) => (Err(PROBE_LIMIT), silent),
        Either::Right((silent, work)) => {
            let result = work.await;
            if began.elapsed() <= PROBE_AGE {
                return (Ok(result), silent);
            }
            let answered = nodes.iter().filter(|node| !silent.iter().any(|one| one.node == node.name()));
            let fell_silent = silent_of(answered, PROBE_LIMIT).await;
            (Ok(result), silent.into_iter().chain(fell_silent).collect())
        }
    }
}

/// Runs `work`, which keeps to the limit, beside probes of the nodes, and returns those that did not answer.
///
/// If `work` takes long, its answer belongs to no probe. While a cluster waits for a node that fell silent, its other nodes
/// answer neither, so `work` runs again if a node was silent and there is time. Otherwise the nodes are probed again. If `work`
/// asks a single node (`alone`), and this node is silent, another attempt would wait as long for nothing.
async fn beside<N: Probed, T>(
    nodes: &[N],
    alone: Option<&str>,
    limit: TimeLimit,
    work: impl AsyncFn() -> Result<T, Error>,
    discard: impl AsyncFn(T),
) -> (Result<T, Error>, Vec<SilentNode>) {
    let attempt = async |silent: &[SilentNode]| {
        let nodes: Vec<_> = nodes.iter().map(|node| Repeated::new(node, silent)).collect();
        let began = Instant::now();
        let timed = async {
            let result = work().await;
            (result, began.elapsed() > PROBE_AGE)
        };
        let ((result, took_long), silent) = join(timed, silent_of(nodes.iter(), probe_limit(limit))).await;
        (result, took_long, silent)
    };
    let (mut result, mut took_long, mut silent) = attempt(&[]).await;
    let is_alone_silent = silent.iter().any(|node| Some(node.node.as_str()) == alone);
    if took_long && !silent.is_empty() && !is_alone_silent {
        if !limit.has_time_to_repeat() {
            let mut now = silent_of(nodes.iter(), probe_limit(limit)).await;
            for node in &mut now {
                // The earlier probe had more time.
                let before = silent.iter().find(|before| before.node == node.node);
                before.iter().for_each(|before| node.reason.clone_from(&before.reason));
            }
            return (result, now);
        }
        if let Ok(result) = result {
            discard(result).await;
        }
        (result, took_long, silent) = attempt(&silent).await;
    }
    if took_long {
        let answered = nodes.iter().filter(|node| !silent.iter().any(|one| one.node == node.name()));
        let fell_silent = silent_of(answered, probe_limit(limit)).await;
        silent.extend(fell_silent);
    }
    (result, silent)
}

/// Returns how long a probe may take: what is left of the time, but not so little that a healthy node seems silent.
fn probe_limit(limit: TimeLimit) -> Duration {
    limit.left().clamp(SHORTEST_PROBE, PROBE_LIMIT)
}

/// Probes nodes at once, each for no longer than `within`, and returns those that do not answer.
async fn silent_of<'n, N: Probed + 'n>(
    nodes: impl Iterator<Item = &'n N>,
    within: Duration,
) -> Vec<SilentNode> {
    let probes = nodes.map(|node| async move {
        let reason = node.probe(within).await.err()?;
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

        async fn probe(&self, within: Duration) -> Result<(), String> {
            self.probes.set(self.probes.get() + 1);
            if self.began.elapsed() < self.until {
                return Ok(());
            }
            sleep(within).await;
            Err(format!("{} is frozen", self.name))
        }
    }

    /// Returns the silent nodes, the time in milliseconds, and the number of probes of each node. `work` is the time of each
    /// attempt.
    async fn probed(work: &[Duration], until: [Duration; 2]) -> (String, u128, Vec<u32>) {
        let (result, silent, took, probes) = probed_within(Duration::from_secs(100), work, until).await;
        assert_eq!(result.ok(), Some(work.len() - 1));
        (silent, took, probes)
    }

    /// Does the same within a time limit. Also returns the number of the last attempt, if it ended in time.
    async fn probed_within(
        limit: Duration,
        work: &[Duration],
        until: [Duration; 2],
    ) -> (Result<usize, Error>, String, u128, Vec<u32>) {
        let began = Instant::now();
        let limit = TimeLimit::begin(limit);
        let nodes = [("n1", until[0]), ("n2", until[1])].map(|(name, until)| Until {
            name,
            began,
            until,
            probes: Cell::new(0),
        });
        let attempts = Cell::new(0);
        let work = async || {
            let attempt = attempts.replace(attempts.get() + 1);
            let work = async {
                sleep(work[attempt]).await;
                Ok(attempt)
            };
            limit.bound("nas", work).await
        };
        let discarded = Cell::new(0);
        let discard = async |attempt| discarded.set(attempt + 1);
        let (result, silent) = beside(&nodes, None, limit, work, discard).await;
        assert_eq!(attempts.get(), discarded.get() + 1, "each earlier attempt is discarded");
        let probes = nodes.iter().map(|node| node.probes.get()).collect();
        let silent: Vec<_> = silent.into_iter().map(|silent| silent.node).collect();
        (result, silent.join(" "), began.elapsed().as_millis(), probes)
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

    /// A failure here would keep a person waiting for four times the limit while a cluster waits for a frozen node, or lose the
    /// name of that node.
    #[tokio::test(start_paused = true)]
    async fn everything_ends_within_the_limit_and_a_tenth() {
        const FORTY: Duration = Duration::from_secs(40);
        let (never, frozen) = (Duration::from_secs(1_000), [Duration::MAX, Duration::ZERO]);
        let (result, silent, took, _) = probed_within(FORTY, &[never], frozen).await;
        let error = result.unwrap_err();
        assert!(matches!(error, Error::DeadlinePassed { after: FORTY, .. }), "{error}");
        assert_eq!((silent.as_str(), took), ("n2", 44_000));
        // The first answer comes late: there is no time for another one that is as slow.
        let late = Duration::from_secs(30);
        let (result, silent, took, _) = probed_within(FORTY, &[late], frozen).await;
        assert_eq!((result.ok(), silent.as_str(), took), (Some(0), "n2", 35_000));
        // The second attempt has the rest of the time only.
        let (result, silent, took, _) = probed_within(FORTY, &[Duration::from_secs(15), never], frozen).await;
        let error = result.unwrap_err();
        assert!(matches!(error, Error::DeadlinePassed { after: FORTY, .. }), "{error}");
        assert_eq!((silent.as_str(), took), ("n2", 42_000));
    }

    /// A failure here would call a healthy node silent, which only waited for a frozen one, or trust a listing that came long
    /// after its probes.
    #[tokio::test(start_paused = true)]
    async fn a_listing_that_waited_for_a_silent_node_is_repeated() {
        let (silent, took, probes) = probed(&[LONG, SHORT], [Duration::MAX, Duration::ZERO]).await;
        assert_eq!((silent.as_str(), took, probes), ("n2", 28_000, vec![2, 2]));
        let (silent, took, probes) = probed(&[LONG, LONG], [Duration::MAX, Duration::ZERO]).await;
        assert_eq!((silent.as_str(), took, probes), ("n2", 54_000, vec![3, 2]));
    }

    /// A failure here would let a person wait twice as long as a frozen node has, which no other node can answer for.
    #[tokio::test(start_paused = true)]
    async fn a_silent_node_that_is_named_alone_is_asked_once() {
        let began = Instant::now();
        let until = [("n1", Duration::ZERO), ("n2", Duration::MAX)];
        let nodes = until.map(|(name, until)| Until { name, began, until, probes: Cell::new(0) });
        let attempts = Cell::new(0);
        let work = async || {
            attempts.set(attempts.get() + 1);
            sleep(PROBE_LIMIT).await;
            Err::<(), _>(Error::NoNode { cluster: "nas".to_owned(), cause: None })
        };
        let limit = TimeLimit::begin(Duration::from_secs(60));
        let (result, silent) = beside(&nodes, Some("n1"), limit, work, async |()| ()).await;
        assert!(result.is_err() && silent.len() == 1 && silent[0].node == "n1", "{silent:?}");
        assert_eq!((attempts.get(), began.elapsed()), (1, PROBE_LIMIT));
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
