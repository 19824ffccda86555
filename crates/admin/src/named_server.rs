//! [`NamedServer`] reads the names of servers that people type.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use netsession::{LOCAL_VARIABLE, Local, LocalServer, ServerAddress, ServerTarget};
use netsession_config::{Config, Settings};

use crate::Error;
use crate::error::PasswordPlace;

/// A server before its login is known.
///
/// ```
/// use netsession_admin::NamedServer;
/// use netsession_config::Config;
///
/// let config = Config::parse("[group.files]\nservers = ['fs1', 'fs2']\n[server.fs2]\naddress = '10.0.0.5:4450'").unwrap();
/// let servers = NamedServer::parse_all(&[r"\\FS1", "smb://fs1:445", "@files"], &config)?;
/// let names: Vec<&str> = servers.iter().map(NamedServer::name).collect();
/// assert_eq!(names, [r"\\FS1", "fs2"], "each server once, as it was named first");
/// assert_eq!((servers[1].address().port(), servers[1].origin()), (4450, "@files"));
/// # Ok::<(), netsession_admin::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedServer {
    name: String,
    /// The host and port of the name itself, by which the configuration finds its settings.
    named: ServerAddress,
    /// Where the server is. It differs from `named` for an alias.
    address: ServerAddress,
    label: String,
    is_local: bool,
    /// The groups that contain the server, from the one that was named to the innermost.
    groups: Arc<[String]>,
    /// The nodes, if the name is that of a cluster.
    nodes: Arc<[NamedServer]>,
}

impl NamedServer {
    /// Reads one server: `fs1`, `fs1.example.com`, `\\FS1`, `10.0.0.5:4450`, `[::1]:445` or `smb://fs1:445`. It looks up
    /// neither groups nor aliases nor clusters.
    ///
    /// # Errors
    /// [`Error::EmptyServerName`], [`Error::ServerName`]; [`Error::PasswordInSight`] if it contains a password.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let name = text.trim();
        if name.split_once('@').is_some_and(|(user, _)| user.trim_start_matches("smb://").contains(':')) {
            return Err(Error::PasswordInSight { place: PasswordPlace::ServerAddress });
        }
        if name.is_empty() {
            return Err(Error::EmptyServerName);
        }
        let address: ServerAddress = name.parse()?;
        Ok(Self { label: name.to_owned(), ..Self::at(name.to_owned(), address, false) })
    }

    /// Looks up the address of an alias, or the nodes of a cluster, in the configuration. For another name it changes
    /// nothing.
    #[must_use]
    pub fn resolved(self, config: &Config) -> Self {
        if self.is_local {
            return self;
        }
        if self.named.port() == ServerAddress::DEFAULT_PORT && config.cluster(self.named.host()).is_some() {
            return Self { nodes: self.nodes_in(config).into(), ..self };
        }
        self.at_alias(config)
    }

    fn at_alias(self, config: &Config) -> Self {
        match config.address_of(self.named.host(), self.named.port()) {
            Some(address) => Self { address, ..self },
            None => self,
        }
    }

    /// Returns the nodes of the cluster that this is, or whose node it is. Empty for another server.
    pub(crate) fn nodes_in(&self, config: &Config) -> Vec<Self> {
        let (host, port) = (self.named.host(), self.named.port());
        let cluster = config.cluster(config.cluster_of(host, port).unwrap_or(host));
        let nodes = cluster.map_or(&[][..], |(_, nodes)| nodes).iter();
        nodes.map(|node| Self::at(node.to_string(), node.clone(), false).at_alias(config)).collect()
    }

    /// Adds the groups that contain the server.
    pub(crate) fn in_groups(self, groups: &Arc<[String]>) -> Self {
        Self { groups: Arc::clone(groups), ..self }
    }

    /// Returns the local computer's server: the one in `NETSESSION_LOCAL`, else a running `netsession serve` of this
    /// user, else port 445.
    ///
    /// # Errors
    /// [`netsession::Error::Local`], [`netsession::Error::SeveralLocal`].
    pub fn local() -> Result<Self, Error> {
        let local = Local::find()?;
        let address = local.address()?;
        let server = Self::at(address.to_string(), address, true);
        let is_chosen = matches!(local, Local::Running(_))
            || std::env::var_os(LOCAL_VARIABLE).is_some_and(|it| !it.is_empty());
        if is_chosen {
            return Ok(server);
        }
        let label = format!("{} (no server was named, and you run no `netsession serve` here)", server.name);
        Ok(Self { label, ..server })
    }

    /// Returns the server that a program names.
    ///
    /// # Errors
    /// Those of [`NamedServer::local`].
    pub fn of_target(target: &ServerTarget) -> Result<Self, Error> {
        match target {
            ServerTarget::Local => Self::local(),
            ServerTarget::Address(address) => Ok(Self::at(address.to_string(), address.clone(), false)),
        }
    }

    /// Returns the local computer at the port of SMB, for a program that must not trust its environment.
    ///
    /// # Errors
    /// None: the address is valid.
    pub fn usual_local() -> Result<Self, Error> {
        Ok(Self::local_at(ServerAddress::new("127.0.0.1", ServerAddress::DEFAULT_PORT)?))
    }

    /// Returns the local computer's server at this address, for a program that knows where its server listens.
    #[must_use]
    pub fn local_at(address: ServerAddress) -> Self {
        Self::at(address.to_string(), address, true)
    }

    fn at(name: String, address: ServerAddress, is_local: bool) -> Self {
        Self {
            label: name.clone(),
            name,
            named: address.clone(),
            address,
            is_local,
            groups: Arc::default(),
            nodes: Arc::default(),
        }
    }

    /// Returns the name as the person typed it; for the local computer, its address.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the server's address; for a cluster, its name, which leads nowhere.
    #[must_use]
    pub const fn address(&self) -> &ServerAddress {
        &self.address
    }

    /// Returns the address that the name itself says, by which the configuration finds the server's settings. It
    /// differs from [`address`](Self::address) for an alias.
    #[must_use]
    pub const fn named(&self) -> &ServerAddress {
        &self.named
    }

    /// Returns the nodes of a cluster, each with its address; empty for a server.
    ///
    /// ```
    /// use netsession_admin::NamedServer;
    /// use netsession_config::Config;
    ///
    /// let config = Config::parse("[cluster.nas]\nnodes = ['n1', 'n2']\n[server.n2]\naddress = '10.0.0.5:4450'").unwrap();
    /// let nas = NamedServer::parse("NAS")?.resolved(&config);
    /// let nodes: Vec<_> = nas.nodes().iter().map(|node| (node.name(), node.address().to_string())).collect();
    /// assert_eq!(nodes, [("n1", "n1".to_owned()), ("n2", "10.0.0.5:4450".to_owned())]);
    /// # Ok::<(), netsession_admin::Error>(())
    /// ```
    #[must_use]
    pub fn nodes(&self) -> &[Self] {
        &self.nodes
    }

    /// Returns the groups that contain the server, such as `@files`, from the one that was named to the innermost.
    #[must_use]
    pub fn groups(&self) -> &[String] {
        &self.groups
    }

    /// Returns what the person named: the group, such as `@files`, or the server.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.groups.first().map_or(&self.name, String::as_str)
    }

    /// Returns the name as the person typed it, if the configuration gives it another address.
    pub(crate) fn alias(&self) -> Option<String> {
        (!is_same(&self.named, &self.address)).then(|| self.name.clone())
    }

    /// Returns the settings of this server.
    #[must_use]
    pub fn settings(&self, config: &Config) -> Settings {
        config.for_server(self.named.host(), self.named.port())
    }

    /// Returns the name to use in a question or an error.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Whether it is the local computer without a name, as NULL in the C library.
    #[must_use]
    pub const fn is_local(&self) -> bool {
        self.is_local
    }

    /// Whether one of the user's running servers can be this server.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.address) || self.nodes.iter().any(Self::is_loopback)
    }
}

/// Whether two addresses name the same server.
pub(crate) fn is_same(one: &ServerAddress, other: &ServerAddress) -> bool {
    one.host().eq_ignore_ascii_case(other.host()) && one.port() == other.port()
}

/// Whether the address never leaves this computer.
pub(crate) fn is_loopback(address: &ServerAddress) -> bool {
    is_localhost(address) || ip(address).is_some_and(|ip| ip.is_loopback())
}

/// Whether the host is the name `localhost`, which can be several addresses.
pub(crate) fn is_localhost(address: &ServerAddress) -> bool {
    address.host().eq_ignore_ascii_case("localhost")
}

/// Returns the IP address, if the host is one.
pub(crate) fn ip(address: &ServerAddress) -> Option<IpAddr> {
    address.host().parse().ok().map(|ip: IpAddr| ip.to_canonical())
}

/// Whether `address` reaches this running server.
pub(crate) fn is_running_at(server: &LocalServer, address: &ServerAddress) -> bool {
    let is_at = |own: &SocketAddr| {
        let listens = own.ip().to_canonical();
        let is_host = ip(address) == Some(listens) || (is_localhost(address) && listens.is_loopback());
        is_host && own.port() == address.port()
    };
    is_at(&server.address) || server.also.iter().any(is_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(servers: &[&str]) -> Vec<String> {
        NamedServer::parse_all(servers, &Config::default())
            .unwrap()
            .into_iter()
            .map(|server| server.name)
            .collect()
    }

    /// A failure here would show a server under another name than the user typed, or query it twice.
    #[test]
    fn servers_keep_the_names_that_the_user_typed() {
        assert_eq!(
            names(&[r"\\FS1", "smb://fs1:445", "fs1:4450", "[::1]:445"]),
            [r"\\FS1", "fs1:4450", "[::1]:445"]
        );
    }

    /// A failure here would take an unset variable in a script for the local computer, or repeat a password.
    #[test]
    fn a_text_that_names_no_server_is_refused() {
        for (server, shown) in
            [("", "empty name"), ("smb://bob:hunter2@fs1", "password"), ("fs1/data", "fs1/data")]
        {
            let error = NamedServer::parse_all(&[server], &Config::default()).unwrap_err();
            let message = format!("{error}{error:?}");
            assert!(error.is_usage() && message.contains(shown) && !message.contains("hunter2"), "{message}");
        }
    }

    /// A failure here would send the running server's login to another address, where another user may listen.
    #[test]
    fn a_running_server_is_identified_by_its_address_and_port() {
        let login = netsession::Login::new("somebody", netsession::Secret::password("x")).unwrap();
        let also = vec!["[::1]:4460".parse().unwrap()];
        let running = LocalServer { address: ([127, 0, 0, 1], 4450).into(), also, login, pid: 1 };
        for (text, is_running) in [
            ("127.0.0.1:4450", true),
            ("localhost:4450", true),
            ("[::ffff:127.0.0.1]:4450", true),
            ("127.0.0.2:4450", false),
            ("[::1]:4450", false),
            ("[::1]:4460", true),
            ("127.0.0.1:4460", false),
            ("127.0.0.1:4451", false),
            ("fs1:4450", false),
        ] {
            assert_eq!(is_running_at(&running, &text.parse().unwrap()), is_running, "{text}");
        }
    }
}
