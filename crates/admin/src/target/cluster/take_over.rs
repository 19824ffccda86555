//! [`first_to_answer`]: connects to one node, and to another one if it does not answer. It has no network, so that a test can
//! script the nodes.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::{Either, pending, select};
use futures_util::stream::FuturesUnordered;
use tokio::time::{sleep, timeout};

use crate::Error;

/// How long a connection may take before the nodes are probed, and how long the probe of its own node may take before
/// another node can take over.
const PATIENCE: Duration = Duration::from_millis(500);

/// A node that can be probed and connected to.
pub(super) trait Node {
    /// A logged-on connection.
    type Connection;

    fn name(&self) -> &str;
    async fn connect(&self) -> Result<Self::Connection, Error>;
    /// Finds out whether the node answers, without a logon.
    async fn probe(&self) -> Result<(), Error>;
}

/// Connects to the first node that answers, in their order without those in `left_out`. Returns its place, too.
///
/// It logs on to one node at a time. If that takes long, it probes the nodes: if the node does not answer and another
/// one does, the logon moves there. A node that refuses the login ends the search: its accounts are those of all nodes.
///
/// # Errors
/// [`Error::NoNode`] if no node answers; the error of a node that answers.
pub(super) async fn first_to_answer<N: Node>(
    cluster: &str,
    nodes: &[N],
    left_out: &[usize],
) -> Result<(usize, N::Connection), Error> {
    let mut left: Vec<(usize, &N)> =
        nodes.iter().enumerate().filter(|(index, _)| !left_out.contains(index)).collect();
    let mut first_error = None;
    while !left.is_empty() {
        let (index, node) = left.remove(0);
        let overtaken = match select(pin!(node.connect()), pin!(overtaking(node, &left))).await {
            Either::Left((Ok(connection), _)) => return Ok((index, connection)),
            Either::Left((Err(error), _)) if is_silence(&error) => {
                tracing::info!("{cluster}: {error}");
                first_error.get_or_insert(error);
                continue;
            }
            Either::Left((Err(error), _)) => return Err(error),
            Either::Right((overtaken, _)) => overtaken,
        };
        tracing::info!("{cluster}: {} does not answer, and another node takes over", node.name());
        left.sort_by_key(|(index, _)| *index != overtaken);
    }
    let cause = first_error.map(Box::new);
    Err(Error::NoNode { cluster: cluster.to_owned(), cause })
}

/// Waits until a connection to `node` has taken long, `node` does not answer a probe either, and another node does. Returns
/// that node's place.
async fn overtaking<N: Node>(node: &N, others: &[(usize, &N)]) -> usize {
    sleep(PATIENCE).await;
    if let Ok(Ok(())) = timeout(PATIENCE, node.probe()).await {
        return pending().await;
    }
    let probes = others.iter().map(|(index, other)| async { other.probe().await.map(|()| *index) });
    let mut answers: FuturesUnordered<_> = probes.collect();
    while let Some(answer) = answers.next().await {
        if let Ok(index) = answer {
            return index;
        }
    }
    pending().await
}

/// Whether the error says that the node did not answer, so that another node may.
pub(super) const fn is_silence(error: &Error) -> bool {
    use netsession::Error as Server;
    matches!(
        error,
        Error::Server(
            Server::Connect { .. }
                | Server::TimedOut { .. }
                | Server::Disconnected { .. }
                | Server::Resolve { .. }
        )
    )
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use netsession::{NtStatus, Step};
    use tokio::time::Instant;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(5);

    /// What a scripted node does.
    #[derive(Clone, Copy)]
    enum Kind {
        /// It answers after this number of milliseconds; its probe answers at once.
        Good(u64),
        /// It accepts connections and never answers.
        Frozen,
        /// It fails at once.
        Down,
        /// It refuses the login.
        Refuses,
    }

    struct Scripted<'a> {
        name: String,
        kind: Kind,
        logons: &'a RefCell<Vec<String>>,
    }

    fn silence(name: &str, after: Duration) -> Error {
        let (server, step) = (name.to_owned(), Step::Negotiate);
        netsession::Error::TimedOut { server, step, after }.into()
    }

    impl Node for Scripted<'_> {
        type Connection = String;

        fn name(&self) -> &str {
            &self.name
        }

        async fn connect(&self) -> Result<String, Error> {
            match self.kind {
                Kind::Good(time) => sleep(Duration::from_millis(time)).await,
                Kind::Frozen => {
                    sleep(LIMIT).await;
                    return Err(silence(&self.name, LIMIT));
                }
                Kind::Down => return self.probe().await.map(|()| String::new()),
                Kind::Refuses => {}
            }
            self.logons.borrow_mut().push(self.name.clone());
            if matches!(self.kind, Kind::Refuses) {
                let (server, user) = (self.name.clone(), "adm1".to_owned());
                return Err(netsession::Error::Logon { server, user, status: NtStatus::LOGON_FAILURE }.into());
            }
            Ok(self.name.clone())
        }

        async fn probe(&self) -> Result<(), Error> {
            match self.kind {
                Kind::Good(_) | Kind::Refuses => Ok(()),
                Kind::Frozen => {
                    sleep(LIMIT).await;
                    Err(silence(&self.name, LIMIT))
                }
                Kind::Down => Err(silence(&self.name, Duration::ZERO)),
            }
        }
    }

    /// Returns the node that answers, the time in milliseconds, and the nodes that got a login.
    async fn answered(kinds: &[Kind]) -> (Result<String, String>, u128, Vec<String>) {
        let logons = RefCell::new(Vec::new());
        let nodes: Vec<_> = (1..)
            .zip(kinds)
            .map(|(number, &kind)| Scripted { name: format!("n{number}"), kind, logons: &logons })
            .collect();
        let began = Instant::now();
        let result = first_to_answer("nas", &nodes, &[]).await;
        let took = began.elapsed().as_millis();
        let result = result.map(|(_, name)| name).map_err(|error| error.to_string());
        (result, took, logons.into_inner())
    }

    /// A failure here would ask nobody although a node answers, wait for a frozen one, or leave a healthy one because its
    /// logon is slow.
    #[tokio::test(start_paused = true)]
    async fn another_node_takes_over() {
        use Kind::{Down, Frozen, Good};
        for (kinds, expected, limit) in [
            (&[Good(10), Good(10)][..], "n1", 10),
            (&[Good(3_000), Good(10)], "n1", 3_000),
            (&[Frozen, Good(10), Good(10)], "n2", 1_010),
            (&[Frozen, Frozen, Good(10)], "n3", 1_010),
            (&[Frozen, Down, Good(10)], "n3", 1_010),
            (&[Down, Good(10)], "n2", 10),
            (&[Down, Frozen, Good(10)], "n3", 1_010),
        ] {
            let (result, took, logons) = answered(kinds).await;
            assert_eq!((result.as_deref(), took), (Ok(expected), limit));
            assert_eq!(logons, [expected], "one session at one node");
        }
    }

    /// A failure here would lock an account by the same wrong password at each node, or hide that nobody answers.
    #[tokio::test(start_paused = true)]
    async fn a_refused_login_goes_to_no_other_node() {
        use Kind::{Down, Frozen, Good, Refuses};
        let (result, _, logons) = answered(&[Frozen, Refuses, Good(10)]).await;
        assert!(result.unwrap_err().contains("n2"));
        assert_eq!(logons, ["n2"]);
        let (result, _, logons) = answered(&[Down, Frozen]).await;
        let error = result.unwrap_err();
        assert!(error.starts_with("no node of nas answers: ") && error.contains("n1"), "{error}");
        assert_eq!(logons, [""; 0]);
    }
}
