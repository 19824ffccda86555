//! [`Target`]: a server with its login and options, ready for a connection.

mod carry_out;
mod cluster;
mod time_limit;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use netsession::{
    ConnectOptions, EarlyConnection, Kerberos, LocalServer, Login, LogonMechanism, Secret, Server,
    ServerAddress, blocking,
};
use netsession_config::Config;
use netsession_journal::{LoginUsed, ServerUsed};

pub use carry_out::ChangePlan;
pub use cluster::{Answered, NamedNodes, Seen, Silence, look_alikes, named_nodes};
use cluster::{Cluster, ProbedNode};
pub(crate) use time_limit::TimeLimit;

use crate::error::NoLogin;
use crate::login_rule::Choice;
use crate::named_server::is_same;
use crate::recorder::{ConnectionRecorder, Scope, Whence};
use crate::trial::Trial;
use crate::{
    ConnectFlags, Error, LoginFlags, LoginSources, Logins, NamedServer, Observers, Policy, Questions,
    ServerSelection, Warning,
};

/// A server that this layer can connect to: its name, its address, the login and the options.
#[derive(Debug, Clone)]
pub struct Target {
    name: String,
    address: ServerAddress,
    login: Login,
    options: ConnectOptions,
    /// The time for everything that is read at once.
    time_limit: Duration,
    /// Shared by all targets that use the same typed login of a domain.
    trial: Option<Arc<Trial>>,
    observers: Observers,
    /// The plan that is carried out now.
    scope: Arc<Scope>,
    is_cluster: bool,
    /// The cluster that this target is, or whose node it is, if the configuration names its nodes.
    pub(crate) cluster: Option<Arc<Cluster>>,
    /// A connection that was made to find the target; the first [`Target::connect`] takes it.
    pub(crate) ready: Arc<Mutex<Option<Server>>>,
    /// The time for the first work, if it has begun with this connection.
    begun: Arc<Mutex<Option<TimeLimit>>>,
    /// A connection that began while the login was sought; the first [`Target::connect`] takes it.
    early: Arc<Mutex<Option<EarlyConnection>>>,
    origin: String,
    /// Where the user's own server listens, if the login is the one that it has announced.
    announced: Option<SocketAddr>,
}

impl Target {
    /// Makes a target from its parts.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        address: ServerAddress,
        login: Login,
        options: ConnectOptions,
    ) -> Self {
        let (name, observers) = (name.into(), Observers::default());
        Self {
            origin: name.clone(),
            name,
            address,
            login,
            options,
            time_limit: time_limit::DEFAULT,
            trial: None,
            observers,
            scope: Arc::default(),
            is_cluster: false,
            cluster: None,
            ready: Arc::default(),
            begun: Arc::default(),
            early: Arc::default(),
            announced: None,
        }
    }

    /// Finds the login and the options for one server or cluster; `set` is the login that the program set for it.
    ///
    /// # Errors
    /// Those of [`Logins::login_for`].
    pub fn find(
        server: &NamedServer,
        set: Option<&Login>,
        flags: &ConnectFlags,
        logins: &mut Logins<'_>,
    ) -> Result<Self, Error> {
        // A program names an alias, too, and its login belongs to the address behind it.
        let server = &server.clone().resolved(&logins.sources().config);
        let members: Result<Vec<_>, _> =
            server.nodes().iter().map(|node| Self::find_one(node, set, flags, logins)).collect();
        let members = members?;
        let target = match members.first() {
            Some(first) => Self { name: server.name().to_owned(), ..first.clone() },
            None => Self::find_one(server, set, flags, logins)?,
        };
        let cluster = cluster(server, members, flags, &logins.sources().config).map(Arc::new);
        Ok(Self { cluster, origin: server.origin().to_owned(), ..target })
    }

    fn find_one(
        server: &NamedServer,
        set: Option<&Login>,
        flags: &ConnectFlags,
        logins: &mut Logins<'_>,
    ) -> Result<Self, Error> {
        let settings = server.settings(&logins.sources().config);
        let choice = logins.choose(server, set)?;
        let address = logins.sources().address_for(logins.policy(), server, &choice);
        let mut options = flags.options(&settings);
        options.alias = server.alias();
        options.kerberos = logins.sources().kerberos.unwrap_or(options.kerberos);
        let early = logins.seeks_ticket(&choice, server, &options);
        let early = early.then(|| EarlyConnection::begin(&address, &options)).flatten();
        let login = logins.login_of(&choice, server, set, &options)?;
        let announced = match choice {
            Choice::Running(index) => logins.sources().running.get(index).map(|it| it.address),
            _ => None,
        };
        let target = Self { announced, ..Self::new(server.name(), address, login, options) };
        // Only a logon by the ticket goes on without a question.
        let early = early.filter(|_| matches!(target.login.secret, Secret::Ticket));
        let early = Arc::new(Mutex::new(early));
        let time_limit = flags.time_limit.or(settings.timeout).unwrap_or(time_limit::DEFAULT);
        Ok(Self { is_cluster: settings.cluster == Some(true), early, time_limit, ..target })
    }

    /// Finds the login for a server that only a DFS referral names: one with Kerberos, so that no password goes there.
    ///
    /// # Errors
    /// [`Error::NoLogin`] if there is no logon with Kerberos to this server.
    pub(crate) fn find_by_kerberos(
        server: &NamedServer,
        flags: &ConnectFlags,
        logins: &mut Logins<'_>,
    ) -> Result<Self, Error> {
        let settings = logins.sources().config.for_server(server.address().host(), server.address().port());
        let mut options = flags.options(&settings);
        options.kerberos = logins.sources().kerberos.unwrap_or(options.kerberos);
        let refused = || Error::NoLogin { server: server.label().to_owned(), why: NoLogin::Referred };
        if !options.allow_kerberos_to(server.address()) {
            return Err(refused());
        }
        options.kerberos = Kerberos::Required;
        let choice = logins.choose(server, None)?;
        let login = match logins.login_of(&choice, server, None, &options) {
            Err(Error::NoTicket { .. }) => return Err(refused()),
            login => login?,
        };
        let time_limit = flags.time_limit.or(settings.timeout).unwrap_or(time_limit::DEFAULT);
        let target = Self::new(server.name(), server.address().clone(), login, options);
        Ok(Self { time_limit, ..target })
    }

    /// Keeps a connection for the first [`Target::connect`].
    pub(crate) fn with_connection(self, server: Server) -> Self {
        Self { ready: Arc::new(Mutex::new(Some(server))), ..self }
    }

    /// Shares the trial of a typed login with other targets.
    fn with_trial(self, mut trial: impl FnMut(&Self) -> Option<Arc<Trial>>) -> Self {
        let cluster = self.cluster.map(|cluster| {
            let members =
                cluster.members.iter().map(|member| Self { trial: trial(member), ..member.clone() });
            let members = members.collect();
            let nodes = cluster.nodes.clone();
            let (name, alone) = (cluster.name.clone(), cluster.alone.clone());
            Arc::new(Cluster { name, members, alone, nodes })
        });
        let this = Self { cluster, ..self };
        Self { trial: trial(&this), ..this }
    }

    /// Replaces the observers of the target's connections.
    #[must_use]
    pub fn observed_by(self, observers: Observers) -> Self {
        Self { observers, ..self }
    }

    /// Returns the name as the person typed it; for the local computer, its address.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns what the person named: the group that contains the server, such as `@files`, or the server.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns the server's address; that of the first node for a cluster.
    #[must_use]
    pub const fn address(&self) -> &ServerAddress {
        &self.address
    }

    /// Returns the login.
    #[must_use]
    pub const fn login(&self) -> &Login {
        &self.login
    }

    /// Returns the nodes of the cluster that this target names; empty for a server.
    pub fn nodes(&self) -> impl Iterator<Item = &str> {
        self.cluster.iter().flat_map(|cluster| &cluster.members).map(Self::name)
    }

    /// Returns the nodes of the cluster that this target names; the target itself if it is a server.
    pub(crate) fn each_node(&self) -> &[Self] {
        match &self.cluster {
            Some(cluster) if !cluster.members.is_empty() => &cluster.members,
            _ => std::slice::from_ref(self),
        }
    }

    /// Returns the target with only these nodes of its cluster, None without one of them; and the names of the other nodes.
    pub(crate) fn split_nodes(&self, is_kept: impl Fn(&Self) -> bool) -> (Option<Self>, Vec<String>) {
        let (kept, other): (Vec<_>, Vec<_>) = self.each_node().iter().partition(|node| is_kept(node));
        let other: Vec<String> = other.into_iter().map(|node| node.name.clone()).collect();
        let Some(first) = kept.first().map(|first| first.address.clone()) else { return (None, other) };
        let Some(cluster) = self.cluster.as_ref().filter(|_| !other.is_empty()) else {
            return (Some(self.clone()), other);
        };
        let members = kept.into_iter().cloned().collect();
        let nodes = cluster.nodes.iter().filter(|node| !other.contains(&node.name)).cloned().collect();
        let cluster = Cluster { name: cluster.name.clone(), members, alone: None, nodes };
        let cluster = Some(Arc::new(cluster));
        (Some(Self { cluster, address: first, ..self.clone() }), other)
    }

    /// Returns whether the configuration says that the server is a cluster, or a node of one.
    #[must_use]
    pub const fn is_cluster(&self) -> bool {
        self.is_cluster
    }

    /// Returns the options of the connection.
    #[must_use]
    pub const fn options(&self) -> &ConnectOptions {
        &self.options
    }

    /// Returns the target with another time for everything that is read at once: by default, a minute.
    #[must_use]
    pub fn with_time_limit(self, time_limit: Duration) -> Self {
        Self { time_limit, ..self }
    }

    /// Returns when the time for everything that is read next is over, if the work begins now. It can have begun before.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        let begun = *self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.unwrap_or_else(|| TimeLimit::begin(self.time_limit)).deadline()
    }

    /// Runs `work`, which only reads from the server, until the time for all of it has passed. Each step has a limit of its own,
    /// and a server that is slow at every step would take many times as long.
    ///
    /// # Errors
    /// [`Error::DeadlinePassed`], and those of `work`.
    ///
    /// # Panics
    /// Outside of a tokio runtime with time enabled.
    pub async fn within_limit<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        self.begin_time().bound(&self.name, work).await
    }

    /// Begins the time for everything that is read at once. The first time can have begun before.
    pub(crate) fn begin_time(&self) -> TimeLimit {
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner).take();
        begun.unwrap_or_else(|| TimeLimit::begin(self.time_limit))
    }

    /// Returns the target with a time for its first work that has begun.
    pub(crate) fn with_begun_time(self, time: TimeLimit) -> Self {
        Self { begun: Arc::new(Mutex::new(Some(time))), ..self }
    }

    /// Connects and logs on: at a cluster, to the first node that answers. If a person typed the login, it first waits for
    /// the result of the same login at another server.
    ///
    /// # Errors
    /// Those of [`Server::connect`]; [`Error::NotTried`] if another server has refused the login; [`Error::NoNode`] if no
    /// node of a cluster answers.
    ///
    /// # Panics
    /// Outside of a tokio runtime with net and time enabled.
    pub async fn connect(&self) -> Result<Server, Error> {
        if let Some(server) = self.ready.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Ok(server);
        }
        if let Some(cluster) = self.cluster.as_ref().filter(|cluster| !cluster.members.is_empty()) {
            let (_, server) = cluster.connect(&[]).await?;
            return Ok(self.observed(server));
        }
        let login = self.login_now();
        let connect = async {
            match self.take_early() {
                Some(early) => Server::connect_early(early, &login, &self.options).await,
                None => Server::connect(&self.address.clone().into(), &login, &self.options).await,
            }
        };
        let server = match &self.trial {
            Some(trial) => trial.connect(&self.name, &self.login.to_string(), connect).await?,
            None => connect.await?,
        };
        Ok(self.observed(server))
    }

    /// Returns the login. The user's own server has another one after each start, while a watch goes on.
    fn login_now(&self) -> Login {
        let announced = self.announced.and_then(|address| {
            LocalServer::all().into_iter().find(|server| server.address == address).map(|server| server.login)
        });
        announced.unwrap_or_else(|| self.login.clone())
    }

    fn take_early(&self) -> Option<EarlyConnection> {
        self.early.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Keeps a connection of this target for the next [`Target::connect`], which then does not log on again.
    pub fn keep(&self, server: Server) {
        *self.ready.lock().unwrap_or_else(PoisonError::into_inner) = Some(server);
    }

    /// Adds the target's observers to a connection.
    pub(crate) fn observed(&self, mut server: Server) -> Server {
        self.observers.observe(&mut server);
        let whence = self.whence_of(&server);
        self.recorder(whence).into_iter().for_each(|recorder| server.observe(recorder));
        server
    }

    /// The blocking form of [`Target::connect`], which does not wait for the result of the same login at another server.
    ///
    /// # Errors
    /// Those of [`blocking::Server::connect`]; [`Error::NoNode`] if no node of a cluster answers.
    pub fn connect_blocking(&self) -> Result<blocking::Server, Error> {
        let (login, options) = (&self.login_now(), &self.options);
        let cluster = self.cluster.as_ref().filter(|cluster| !cluster.members.is_empty());
        let mut server = match cluster {
            Some(cluster) => {
                blocking::Server::connect_by(async { cluster.connect(&[]).await.map(|(_, server)| server) })?
            }
            None => match self.take_early() {
                Some(early) => blocking::Server::connect_early(early, login, options)?,
                None => blocking::Server::connect(&self.address.clone().into(), login, options)?,
            },
        };
        self.observers.observe_blocking(&mut server);
        let whence = self.whence(&server.names().to_string(), server.logged_on_user(), server.mechanism());
        self.recorder(whence).into_iter().for_each(|recorder| server.observe(recorder));
        Ok(server)
    }

    /// Returns what the journal notes of a connection.
    fn whence_of(&self, server: &Server) -> Whence {
        self.whence(&server.names().to_string(), server.logged_on_user(), server.mechanism())
    }

    fn whence(&self, reached: &str, user: &str, mechanism: LogonMechanism) -> Whence {
        Whence {
            server: ServerUsed {
                named: self.name.clone(),
                address: self.address.to_string(),
                reached: reached.to_owned(),
            },
            login: LoginUsed { user: user.to_owned(), mechanism: mechanism.to_string() },
        }
    }

    /// Returns the observer that records the changes over a connection.
    fn recorder(&self, whence: Whence) -> Option<Arc<ConnectionRecorder>> {
        let recorder = self.observers.recorder()?.clone();
        Some(Arc::new(ConnectionRecorder::new(recorder, Arc::clone(&self.scope), whence)))
    }
}

/// Returns the targets of a command whose servers a person selected. It reads the configuration file, and asks every
/// question, one after the other, before the first connection.
///
/// `warn` receives each warning before the first question.
///
/// # Errors
/// A name, a group, a source of logins or an answer is wrong.
///
/// ```no_run
/// use netsession_admin::{
///     ConnectFlags, Error, Limits, LoginFlags, NoQuestions, ServerSelection, ask_many, targets,
/// };
///
/// # async fn example() -> Result<(), Error> {
/// let login = LoginFlags { user: Some(r"LAB\adm1".to_owned()), ..LoginFlags::default() };
/// let warn = |warning: &_| eprintln!("{warning}");
/// let servers = ServerSelection::of(&["fs1", "@files"]);
/// let targets = targets(&servers, &login, &ConnectFlags::default(), &mut NoQuestions, warn)?;
/// let asked = targets.iter().map(|target| (target.name(), target));
/// let mut answers = ask_many(asked, Limits::default(), async |target| {
///     let mut server = target.connect().await?;
///     Ok::<_, Error>(server.sessions().await?)
/// });
/// while let Some(answer) = answers.next().await {
///     println!("{}: {:?}", answer.target, answer.outcome);
/// }
/// # Ok(())
/// # }
/// ```
pub fn targets(
    selection: &ServerSelection,
    login: &LoginFlags,
    connect: &ConnectFlags,
    questions: &mut dyn Questions,
    mut warn: impl FnMut(&Warning),
) -> Result<Vec<Target>, Error> {
    let config = Config::read()?;
    let (servers, warnings) = selection.find(&config)?;
    warnings.iter().for_each(&mut warn);
    let is_local_named = servers.iter().any(NamedServer::is_loopback);
    let sources = LoginSources::of_flags(login, config, is_local_named, questions)?;
    sources.warnings.iter().for_each(&mut warn);
    let printed = questions.printed();
    let logins = Logins::new(Policy::PersonNamed, sources, &printed, questions);
    let mut logins = logins.for_servers(&servers);
    let mut trials = HashMap::new();
    let mut find = |server: &NamedServer| {
        let target = Target::find(server, None, connect, &mut logins)?;
        Ok(target.with_trial(|target| trial(&target.login, &logins, &mut trials)))
    };
    servers.iter().map(&mut find).collect()
}

/// Returns the cluster that the server is, or whose node it is.
fn cluster(
    server: &NamedServer,
    members: Vec<Target>,
    flags: &ConnectFlags,
    config: &Config,
) -> Option<Cluster> {
    let named = server.named();
    let name = match members.is_empty() {
        false => named.host(),
        true => config.cluster_of(named.host(), named.port())?,
    };
    let nodes = server.nodes_in(config).into_iter().map(|node| ProbedNode {
        options: ConnectOptions { alias: node.alias(), ..flags.options(&node.settings(config)) },
        address: node.address().clone(),
        name: node.name().to_owned(),
        guid: OnceLock::new(),
    });
    let nodes: Vec<ProbedNode> = nodes.collect();
    let is_named = |node: &&ProbedNode| is_same(&node.address, server.address());
    let named = nodes.iter().find(is_named).map(|node| node.name.clone());
    let alone = named.filter(|_| members.is_empty());
    Some(Cluster { name: config.cluster(name)?.0.to_owned(), members, alone, nodes })
}

/// Returns the trial that all targets with this login share. None without a domain, because then each server has its
/// own account.
fn trial(login: &Login, logins: &Logins<'_>, trials: &mut HashMap<String, Arc<Trial>>) -> Option<Arc<Trial>> {
    let is_shared = login.domain.is_some() || login.user.contains('@');
    let is_tried = is_shared && logins.is_typed(login);
    is_tried.then(|| Arc::clone(trials.entry(login.to_string()).or_default()))
}
