//! [`Target`]: a server with its login and options, ready for a connection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use netsession::{ConnectOptions, Kerberos, Login, Server, ServerAddress, blocking};
use netsession_config::Config;

use crate::error::NoLogin;
use crate::trial::Trial;
use crate::{
    ConnectFlags, Error, LoginFlags, LoginSources, Logins, NamedServer, Observers, Policy, PrintedPasswords,
    Questions, ServerSelection, Warning,
};

/// A server that this layer can connect to: its name, its address, the login and the options.
#[derive(Debug, Clone)]
pub struct Target {
    name: String,
    address: ServerAddress,
    login: Login,
    options: ConnectOptions,
    /// Shared by all targets that use the same typed login of a domain.
    trial: Option<Arc<Trial>>,
    observers: Observers,
    is_cluster: bool,
    /// A connection that was made to find the target; the first [`Target::connect`] takes it.
    ready: Arc<Mutex<Option<Server>>>,
    origin: String,
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
            trial: None,
            observers,
            is_cluster: false,
            ready: Arc::default(),
        }
    }

    /// Finds the login and the options for one server; `set` is the login that the program set for it.
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
        let settings = server.settings(&logins.sources().config);
        let choice = logins.choose(server, set)?;
        let address = logins.sources().address_for(logins.policy(), server, &choice);
        let mut options = flags.options(&settings);
        options.kerberos = logins.sources().kerberos.unwrap_or(options.kerberos);
        let login = logins.login_of(&choice, server, set, &options)?;
        let target = Self::new(server.name(), address, login, options);
        let origin = server.origin().to_owned();
        Ok(Self { is_cluster: settings.cluster == Some(true), origin, ..target })
    }

    /// Finds the login for a server that only a DFS referral names: one by Kerberos, so that no password goes there.
    ///
    /// # Errors
    /// [`Error::NoLogin`] if there is no logon by Kerberos to this server.
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
        Ok(Self::new(server.name(), server.address().clone(), login, options))
    }

    /// Keeps a connection for the first [`Target::connect`].
    pub(crate) fn with_connection(self, server: Server) -> Self {
        Self { ready: Arc::new(Mutex::new(Some(server))), ..self }
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

    /// Returns the server's address.
    #[must_use]
    pub const fn address(&self) -> &ServerAddress {
        &self.address
    }

    /// Returns the login.
    #[must_use]
    pub const fn login(&self) -> &Login {
        &self.login
    }

    /// Returns whether the configuration says that the server is a node of a cluster.
    #[must_use]
    pub const fn is_cluster(&self) -> bool {
        self.is_cluster
    }

    /// Returns the options of the connection.
    #[must_use]
    pub const fn options(&self) -> &ConnectOptions {
        &self.options
    }

    /// Connects and logs on. If a person typed the login, it first waits for the result of the same login at another
    /// server.
    ///
    /// # Errors
    /// Those of [`Server::connect`]; [`Error::NotTried`] if another server has refused the login.
    ///
    /// # Panics
    /// Outside of a tokio runtime with net and time enabled.
    pub async fn connect(&self) -> Result<Server, Error> {
        if let Some(server) = self.ready.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Ok(server);
        }
        let target = self.address.clone().into();
        let connect = Server::connect(&target, &self.login, &self.options);
        let mut server = match &self.trial {
            Some(trial) => trial.connect(&self.name, &self.login.to_string(), connect).await?,
            None => connect.await?,
        };
        self.observers.observe(&mut server);
        Ok(server)
    }

    /// The blocking form of [`Target::connect`], which does not wait for another server.
    ///
    /// # Errors
    /// Those of [`blocking::Server::connect`].
    pub fn connect_blocking(&self) -> Result<blocking::Server, Error> {
        let target = self.address.clone().into();
        let mut server = blocking::Server::connect(&target, &self.login, &self.options)?;
        self.observers.observe_blocking(&mut server);
        Ok(server)
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
    let printed = PrintedPasswords::default();
    let mut logins = Logins::new(Policy::PersonNamed, sources, &printed, questions);
    let mut trials = HashMap::new();
    let mut find = |server: &NamedServer| {
        let mut target = Target::find(server, None, connect, &mut logins)?;
        target.trial = trial(&target.login, &logins, &mut trials);
        Ok(target)
    };
    servers.iter().map(&mut find).collect()
}

/// Returns the trial that all targets with this login share. None without a domain, because then each server has its
/// own account.
fn trial(login: &Login, logins: &Logins<'_>, trials: &mut HashMap<String, Arc<Trial>>) -> Option<Arc<Trial>> {
    let is_shared = login.domain.is_some() || login.user.contains('@');
    let is_tried = is_shared && logins.is_typed(login);
    is_tried.then(|| Arc::clone(trials.entry(login.to_string()).or_default()))
}
