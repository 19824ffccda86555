//! [`Target::ask`] reads from a server or from one node of a cluster, [`Target::ask_all_nodes`] from a cluster as a whole.

use std::sync::PoisonError;

use netsession::Server;
use tokio::sync::Mutex;

use super::Cluster;
use super::take_over::{Node as _, is_silence};
use crate::target::time_limit::TimeLimit;
use crate::{Error, SilentNode, Target};

/// The answer of [`Target::ask_all_nodes`].
#[derive(Debug)]
#[non_exhaustive]
pub struct Answered<T> {
    /// What the server answered.
    pub result: Result<T, Error>,
    /// The nodes of the cluster that do not answer: their sessions and open files are missing. Empty for a server that is
    /// no cluster.
    pub silent: Vec<SilentNode>,
}

impl Target {
    /// Connects, runs `work`, which only reads, and logs off whether it succeeds or fails. If a node of a cluster stops
    /// answering, it runs `work` again at another one. All of it ends within the target's time limit and a tenth of it.
    ///
    /// A server that answers `work` and not the logoff has answered: the result stays, and the log has the failure. The server
    /// ends the session when it notices the closed connection.
    ///
    /// # Errors
    /// Those of [`Target::connect`] and of `work`.
    ///
    /// # Panics
    /// Outside of a tokio runtime with net and time enabled.
    pub async fn ask<T>(
        &self,
        work: impl AsyncFn(&mut Server) -> Result<T, netsession::Error>,
    ) -> Result<T, Error> {
        self.ask_within(self.begin_time(), &work).await
    }

    async fn ask_within<T>(
        &self,
        limit: TimeLimit,
        work: &impl AsyncFn(&mut Server) -> Result<T, netsession::Error>,
    ) -> Result<T, Error> {
        match &self.cluster {
            Some(cluster) if !cluster.members.is_empty() => self.ask_members(cluster, limit, work).await,
            _ => self.ask_one(limit, work).await,
        }
    }

    /// Does the same, and probes every node of a cluster meanwhile, because the nodes that answer do not list what a silent
    /// one serves.
    ///
    /// # Panics
    /// Outside of a tokio runtime with net and time enabled.
    ///
    /// ```no_run
    /// # async fn example(target: &netsession_admin::Target) {
    /// let answered = target.ask_all_nodes(async |server| server.sessions().await).await;
    /// for node in &answered.silent {
    ///     println!("{} does not answer", node.node);
    /// }
    /// # }
    /// ```
    pub async fn ask_all_nodes<T>(
        &self,
        work: impl AsyncFn(&mut Server) -> Result<T, netsession::Error>,
    ) -> Answered<T> {
        let limit = self.begin_time();
        let ask = async || self.ask_within(limit, &work).await;
        let (result, silent) = match &self.cluster {
            Some(cluster) => cluster.beside_probes(limit, ask, async |_| ()).await,
            None => (ask().await, Vec::new()),
        };
        Answered { result, silent }
    }

    /// Runs `work`, which only reads, beside probes of every node, and returns the nodes that do not answer: none for a server
    /// that is no cluster. `work` runs once, or twice if it waited for a node that fell silent; `discard` gets the first result
    /// then. All of it ends within the target's time limit and a tenth of it.
    pub async fn beside_probes<T>(
        &self,
        work: impl AsyncFn() -> Result<T, Error>,
        discard: impl AsyncFn(T),
    ) -> (Result<T, Error>, Vec<SilentNode>) {
        let limit = self.begin_time();
        let work = async || limit.bound(self.name(), work()).await;
        match &self.cluster {
            Some(cluster) => cluster.beside_probes(limit, work, discard).await,
            None => (work().await, Vec::new()),
        }
    }

    /// Probes every node of a cluster, and returns those that do not answer: none for a server that is no cluster.
    pub async fn silent_nodes(&self) -> Vec<SilentNode> {
        match &self.cluster {
            Some(cluster) => cluster.silent_nodes().await,
            None => Vec::new(),
        }
    }

    /// Returns nodes that seem not to be of one cluster, one for each GUID; empty if nothing speaks against it. The nodes of a Samba
    /// cluster have the same GUID. Only nodes that answered a probe count ([`ask_all_nodes`](Self::ask_all_nodes),
    /// [`beside_probes`](Self::beside_probes), [`silent_nodes`](Self::silent_nodes)).
    #[must_use]
    pub fn strangers(&self) -> Vec<&str> {
        let nodes = self.cluster.as_deref().map(Cluster::strangers).unwrap_or_default();
        if nodes.len() > 1 { nodes } else { Vec::new() }
    }

    /// Returns the warning about [`strangers`](Self::strangers): each of them knows only its own sessions.
    #[must_use]
    pub fn warning_of_strangers(&self) -> Option<String> {
        let (cluster, nodes) = (self.cluster.as_ref()?, self.strangers());
        let (last, others) = nodes.split_last()?;
        Some(format!(
            "{}: {} and {last} have different ServerGuids: are they one cluster? netsession asks only one of them",
            cluster.name,
            others.join(", ")
        ))
    }

    /// Lists over a connection that the caller keeps. At a cluster it moves the connection to another node if this one does
    /// not answer, and sets `silent` to the nodes that do not answer.
    ///
    /// # Errors
    /// [`Error::DeadlinePassed`] if a node falls silent meanwhile, because the other nodes can keep their answers back for
    /// half a minute; those of `list`.
    pub(crate) async fn list_again<T>(
        &self,
        server: &mut Server,
        silent: &Mutex<Vec<SilentNode>>,
        list: impl AsyncFn(&mut Server) -> Result<T, netsession::Error>,
    ) -> Result<T, Error> {
        let Some(cluster) = &self.cluster else { return Ok(list(server).await?) };
        let list = async {
            match list(server).await.map_err(Error::from) {
                Err(error) if is_silence(&error) && !cluster.members.is_empty() => {
                    tracing::info!("{}: {error}; another node takes over", cluster.name);
                    let (_, other) = cluster.connect(&[]).await?;
                    *server = self.observed(other);
                    Ok(list(server).await?)
                }
                result => result,
            }
        };
        let mut silent = silent.lock().await;
        let (result, now) = cluster.beside_repeated_probes(&silent, list).await;
        *silent = now;
        result.unwrap_or_else(|after| Err(Error::DeadlinePassed { server: self.name().to_owned(), after }))
    }

    async fn ask_one<T>(
        &self,
        limit: TimeLimit,
        work: &impl AsyncFn(&mut Server) -> Result<T, netsession::Error>,
    ) -> Result<T, Error> {
        let mut server = limit.bound(self.name(), self.connect()).await?;
        let result = limit.bound(self.name(), async { Ok(work(&mut server).await?) }).await;
        close(server, limit).await;
        result
    }

    async fn ask_members<T>(
        &self,
        cluster: &Cluster,
        limit: TimeLimit,
        work: &impl AsyncFn(&mut Server) -> Result<T, netsession::Error>,
    ) -> Result<T, Error> {
        let mut left_out = Vec::new();
        let ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut next = ready.map(|server| (None, server));
        loop {
            let (index, mut server) = match next.take() {
                Some(ready) => ready,
                None => {
                    let (index, server) = limit.bound(self.name(), cluster.connect(&left_out)).await?;
                    (Some(index), self.observed(server))
                }
            };
            let result = limit.bound(self.name(), async { Ok(work(&mut server).await?) }).await;
            close(server, limit).await;
            let Err(error) = &result else { return result };
            if !is_silence(error) {
                return result;
            }
            // A node waits for a frozen one before it answers, and another node would wait as long.
            if let Some((index, member)) = index.and_then(|index| Some((index, cluster.members.get(index)?)))
            {
                let is_healthy = matches!(limit.bound_end(member.probe()).await, Some(Ok(())));
                if is_healthy || left_out.len().saturating_add(1) >= cluster.members.len() {
                    return result;
                }
                left_out.push(index);
            }
            tracing::info!("{}: {error}; another node takes over", cluster.name);
        }
    }
}

/// Logs off and disconnects. It only logs an error, because the caller already has its answer.
async fn close(server: Server, limit: TimeLimit) {
    if let Some(Err(error)) = limit.bound_end(server.close()).await {
        tracing::info!(
            "{error}; the answer before it is complete, and the server may list this session for a while"
        );
    }
}
