//! [`Config`]: the configuration file `$XDG_CONFIG_HOME/netsession/config.toml`, or the file that `NETSESSION_CONFIG`
//! names.
//!
//! The file contains no password: a login names a command that prints one. [`Config`] refuses a file that other users
//! can write, because the file names programs to run.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::{env, iter};

use netsession::ServerAddress;
use serde::Deserialize;

use crate::journal_table::JournalTable;
use crate::settings::Settings;
use crate::tables::{Tables, folded};
use crate::{CONFIG_VARIABLE, Error, Mistake, MistakeKind, Risk};

/// The size limit of the file in bytes: ten thousand servers need less than one megabyte.
pub(crate) const MAX_LENGTH: u64 = 16 * 1024 * 1024;

/// The contents of the configuration file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The settings of every server, unless its own table overrides them.
    #[serde(default)]
    default: Settings,
    /// `[server.fs1]`, `[server."fs1.example.com"]`, `[server."10.0.0.5:4450"]`.
    #[serde(default)]
    server: Tables<Settings>,
    /// `[group.files]`: servers and other groups under one name.
    #[serde(default)]
    group: Tables<Group>,
    /// `[cluster.nas]`: servers that are one, and the settings of all of them.
    #[serde(default)]
    cluster: Tables<Settings>,
    /// The name of each node's cluster, by the node's host in lower case and its port.
    #[serde(skip)]
    cluster_of: HashMap<(String, u16), String>,
    /// `[journal]`: where changes are recorded.
    #[serde(default)]
    journal: JournalTable,
}

/// Servers and other groups under one name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    servers: Vec<String>,
}

impl Config {
    /// Reads the user's configuration file. Without a file it returns an empty configuration.
    ///
    /// # Errors
    /// [`Error::Unreadable`], [`Error::NotAFile`]; [`Error::Refused`] if another user could have written it;
    /// [`Error::Mistake`] in its text.
    pub fn read() -> Result<Config, Error> {
        match Config::read_text()? {
            Some((path, text)) => Config::parse(&text).map_err(|mistake| Error::Mistake { path, mistake }),
            None => Ok(Config::default()),
        }
    }

    /// Returns where the user's configuration file is, or would be. None if the user wants none, or has no home folder.
    #[must_use]
    pub fn file() -> Option<PathBuf> {
        match env::var_os(CONFIG_VARIABLE) {
            Some(path) if path.is_empty() => None,
            Some(path) => Some(PathBuf::from(path)),
            None => default_path(),
        }
    }

    /// Reads the text of the user's configuration file, and returns its path with it; `None` without a file.
    ///
    /// # Errors
    /// Those of [`Config::read`], except a mistake in the text.
    pub fn read_text() -> Result<Option<(PathBuf, String)>, Error> {
        let (path, required) = match env::var_os(CONFIG_VARIABLE) {
            Some(path) if path.is_empty() => return Ok(None),
            Some(path) => (PathBuf::from(path), true),
            None => match default_path() {
                Some(path) => (path, false),
                None => return Ok(None),
            },
        };
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound && !required => return Ok(None),
            Err(error) => return Err(unreadable(&path, error)),
        };
        if let Some(risk) = risk_of(&path, &file)? {
            return Err(Error::Refused { path, risk });
        }
        let mut text = String::new();
        file.by_ref().take(MAX_LENGTH).read_to_string(&mut text).map_err(|error| unreadable(&path, error))?;
        Ok(Some((path, text)))
    }

    /// Reads the text of a configuration file.
    ///
    /// # Errors
    /// The first [`Mistake`], with its line.
    pub fn parse(text: &str) -> Result<Config, Mistake> {
        let mut config: Config = toml::from_str(text).map_err(|error| Mistake::of_toml(text, &error))?;
        match config.misplaced().or_else(|| config.index_nodes()) {
            None => Ok(config),
            Some(Wrong { table, key, reason }) => {
                let line = line_of(text, table.iter().map(String::as_str).chain(key));
                Err(Mistake { line, kind: MistakeKind::Entry, reason: reason.to_owned() })
            }
        }
    }

    /// Returns a setting that has no meaning in its table, or a setting that a table lacks.
    fn misplaced(&self) -> Option<Wrong> {
        let servers = self.server.iter().map(|(name, settings)| ("server", name, settings));
        let clusters = self.cluster.iter().map(|(name, settings)| ("cluster", name, settings));
        for (kind, name, settings) in
            [("default", "", &self.default)].into_iter().chain(servers).chain(clusters)
        {
            let (key, reason) = match settings {
                Settings { address: Some(_), .. } if kind != "server" => (Some("address"), ADDRESS_MISPLACED),
                Settings { nodes: Some(_), .. } if kind != "cluster" => (Some("nodes"), NODES_MISPLACED),
                Settings { nodes: None, .. } if kind == "cluster" => (None, NODES_MISSING),
                _ => continue,
            };
            let table = [kind, name].into_iter().filter(|name| !name.is_empty()).map(str::to_owned).collect();
            return Some(Wrong { table, key, reason });
        }
        None
    }

    /// Fills the table of the nodes; returns what is wrong with the name of a cluster or with a node.
    fn index_nodes(&mut self) -> Option<Wrong> {
        for (name, cluster) in self.cluster.iter() {
            let wrong =
                |key, reason| Some(Wrong { table: vec!["cluster".to_owned(), name.to_owned()], key, reason });
            if !is_cluster_name(name) {
                return wrong(None, CLUSTER_NAME);
            }
            if self.server.get(name).is_some() {
                return wrong(None, CLUSTER_IS_SERVER);
            }
            for node in cluster.nodes.iter().flatten() {
                if self.cluster.get(node.host()).is_some() {
                    return wrong(Some("nodes"), NODE_IS_CLUSTER);
                }
                // An alias and the address behind it are one node.
                let behind = self.address_of(node.host(), node.port());
                let keys: BTreeSet<_> = iter::once(node).chain(&behind).map(node_key).collect();
                for key in keys {
                    if self.cluster_of.insert(key, name.to_owned()).is_some() {
                        return wrong(Some("nodes"), NODE_REPEATED);
                    }
                }
            }
        }
        None
    }

    /// Returns where changes are recorded.
    #[must_use]
    pub const fn journal(&self) -> &JournalTable {
        &self.journal
    }

    /// Returns the names of the servers that have a table, as the file spells them.
    pub fn servers(&self) -> impl Iterator<Item = &str> {
        self.server.names()
    }

    /// Returns the names of the groups, without `@`, as the file spells them.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.group.names()
    }

    /// Returns the names of the clusters, as the file spells them.
    pub fn clusters(&self) -> impl Iterator<Item = &str> {
        self.cluster.names()
    }

    /// Returns the cluster's name as the file spells it, and its nodes.
    ///
    /// ```
    /// let config = netsession_config::Config::parse("[cluster.nas]\nnodes = ['n1', 'n2:4450']").unwrap();
    /// let (name, nodes) = config.cluster("NAS").unwrap();
    /// assert_eq!((name, nodes[1].port(), config.cluster_of("n2", 4450)), ("nas", 4450, Some("nas")));
    /// ```
    #[must_use]
    pub fn cluster(&self, name: &str) -> Option<(&str, &[ServerAddress])> {
        let (name, cluster) = self.cluster.entry(name)?;
        Some((name, cluster.nodes.as_deref().unwrap_or_default()))
    }

    /// Returns the name of the cluster that has this node, as the file spells it. A node has several names: that in the
    /// list, each alias, and the address behind an alias.
    #[must_use]
    pub fn cluster_of(&self, host: &str, port: u16) -> Option<&str> {
        let named = ServerAddress::new(host, port).ok()?;
        let by_name = self.cluster_of.get(&node_key(&named));
        let behind = || self.cluster_of.get(&node_key(&self.address_of(host, port)?));
        by_name.or_else(behind).map(String::as_str)
    }

    /// Returns the group's name as the file spells it, and what it contains: servers, clusters, and other groups with `@`.
    ///
    /// ```
    /// let config = netsession_config::Config::parse("[group.files]\nservers = ['fs1', '@berlin']").unwrap();
    /// let (name, servers) = config.group("FILES").unwrap();
    /// assert_eq!((name, servers), ("files", &["fs1".to_owned(), "@berlin".to_owned()][..]));
    /// ```
    #[must_use]
    pub fn group(&self, name: &str) -> Option<(&str, &[String])> {
        self.group.entry(name).map(|(name, group)| (name, group.servers.as_slice()))
    }

    /// Returns the address behind a name, if a table with `address` makes it an alias. A port that the name has itself,
    /// other than that of SMB, replaces the port of a table without one.
    ///
    /// ```
    /// let config = netsession_config::Config::parse("[server.fs1]\naddress = '10.0.0.5:4450'").unwrap();
    /// assert_eq!(config.address_of("FS1", 445).unwrap().to_string(), "10.0.0.5:4450");
    /// assert_eq!(config.address_of("fs1", 4451).unwrap().to_string(), "10.0.0.5:4451");
    /// assert!(config.address_of("fs2", 445).is_none());
    /// ```
    #[must_use]
    pub fn address_of(&self, host: &str, port: u16) -> Option<ServerAddress> {
        let address = self.entry(host, port)?.address.as_ref()?;
        if self.has_table(host, port) {
            return Some(address.clone());
        }
        ServerAddress::new(address.host(), port).ok()
    }

    /// Returns the server's own table, without inherited settings; `None` if the file does not name the server.
    #[must_use]
    pub fn entry(&self, host: &str, port: u16) -> Option<&Settings> {
        self.entry_with_port(host, port).or_else(|| self.entry_named(host))
    }

    /// Whether the file names this server: its table has this port, or no port if this port is that of SMB; or it is a
    /// cluster, or a node of one. Any user of a host can listen on another port.
    ///
    /// ```
    /// let config = netsession_config::Config::parse("[server.fs1]\n[server.'fs2:4450']").unwrap();
    /// assert!(config.names("FS1", 445) && config.names("fs2", 4450));
    /// assert!(config.entry("fs1", 4450).is_some() && !config.names("fs1", 4450));
    /// ```
    #[must_use]
    pub fn names(&self, host: &str, port: u16) -> bool {
        self.has_table(host, port) || self.cluster_settings(host, port).is_some()
    }

    /// Whether a table names the server itself, with this port.
    fn has_table(&self, host: &str, port: u16) -> bool {
        self.entry_with_port(host, port).is_some()
            || port == ServerAddress::DEFAULT_PORT && self.entry_named(host).is_some()
    }

    /// Returns the user of the server's own table, or of its cluster's table.
    ///
    /// ```
    /// let text = "[cluster.nas]\nnodes = ['n1', 'n2']\nlogin = 'adm1'\n[server.n2]\nlogin = 'root'";
    /// let config = netsession_config::Config::parse(text).unwrap();
    /// assert_eq!([config.own_login("n1", 445), config.own_login("n2", 445)], [Some("adm1"), Some("root")]);
    /// assert_eq!(config.own_login("fs1", 445), None);
    /// ```
    #[must_use]
    pub fn own_login(&self, host: &str, port: u16) -> Option<&str> {
        let own = self.entry(host, port).and_then(|own| own.login.as_deref());
        own.or_else(|| self.cluster_settings(host, port)?.login.as_deref())
    }

    /// Returns the table of the cluster that this is, or that has this node.
    fn cluster_settings(&self, host: &str, port: u16) -> Option<&Settings> {
        let is_cluster = port == ServerAddress::DEFAULT_PORT && self.cluster.get(host).is_some();
        self.cluster.get(if is_cluster { host } else { self.cluster_of(host, port)? })
    }

    fn entry_with_port(&self, host: &str, port: u16) -> Option<&Settings> {
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        self.entry_named(&format!("{host}:{port}"))
    }

    fn entry_named(&self, name: &str) -> Option<&Settings> {
        self.server.get(name)
    }

    /// Returns the settings of one server: its own, those of its cluster, and the inherited defaults. A table with another
    /// login does not inherit the password command and the keytab.
    ///
    /// ```
    /// let text = "[cluster.nas]\nnodes = ['n1', 'n2']\nencrypt = true\n[server.n1]\nencrypt = false";
    /// let config = netsession_config::Config::parse(text).unwrap();
    /// let [n1, n2] = ["n1", "n2"].map(|node| config.for_server(node, 445));
    /// assert_eq!([n1.encrypt, n2.encrypt, n2.cluster], [Some(false), Some(true), Some(true)]);
    /// ```
    #[must_use]
    pub fn for_server(&self, host: &str, port: u16) -> Settings {
        // The Kerberos name of one computer is no other's.
        let mut base = Settings { kerberos_name: None, ..self.default.clone() };
        if let Some(cluster) = self.cluster_settings(host, port) {
            base = Settings { cluster: Some(true), ..cluster.over(&base) };
        }
        match self.entry(host, port) {
            Some(own) => own.over(&base),
            None => base,
        }
    }
}

pub(crate) const ADDRESS_MISPLACED: &str = "`address` belongs in the table of one server";
pub(crate) const NODES_MISPLACED: &str = "`nodes` belongs in the table of a cluster";
pub(crate) const NODES_MISSING: &str = "missing field `nodes`";
pub(crate) const CLUSTER_NAME: &str = "the name of a cluster is like that of a server, without a port";
pub(crate) const CLUSTER_IS_SERVER: &str = "a server has the same name as this cluster";
pub(crate) const NODE_IS_CLUSTER: &str = "a node has another name than every cluster";
pub(crate) const NODE_REPEATED: &str = "a node belongs to one cluster, and is named once";

/// Something wrong in a table.
struct Wrong {
    /// The names that lead from the top of the file to the table.
    table: Vec<String>,
    key: Option<&'static str>,
    reason: &'static str,
}

/// Whether a cluster can have this name: that of a host, so that it can stand wherever a server does.
pub(crate) fn is_cluster_name(name: &str) -> bool {
    name.parse::<ServerAddress>().is_ok_and(|address| address.host() == name)
}

/// Returns what two spellings of a node have in common.
pub(crate) fn node_key(node: &ServerAddress) -> (String, u16) {
    (folded(node.host()), node.port())
}

/// Returns the line of a key; `path` leads from the top of the file to it.
pub(crate) fn line_of<'a>(text: &str, path: impl Iterator<Item = &'a str>) -> usize {
    let start = || {
        let mut at = toml::de::DeTable::parse(text).ok()?.into_inner();
        let mut start = 0;
        for wanted in path {
            let (name, value) = at.iter().find(|(name, _)| name.get_ref() == wanted)?;
            start = name.span().start;
            let toml::de::DeValue::Table(table) = value.get_ref() else { break };
            at = table.clone();
        }
        Some(start)
    };
    line_at(text, start().unwrap_or_default())
}

/// Returns the number of the line at this offset.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    text.get(..offset).unwrap_or_default().matches('\n').count() + 1
}

pub(crate) fn unreadable(path: &Path, cause: std::io::Error) -> Error {
    Error::Unreadable { path: path.to_owned(), cause }
}

/// Returns the file below `$XDG_CONFIG_HOME` if that is absolute, else below `~/.config` (`%APPDATA%` on Windows).
fn default_path() -> Option<PathBuf> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CONFIG_HOME").or_else(|| {
        if cfg!(windows) { absolute("APPDATA") } else { absolute("HOME").map(|home| home.join(".config")) }
    })?;
    Some(base.join("netsession").join("config.toml"))
}

/// Returns how another user could have written or could replace a file.
#[cfg(unix)]
pub(crate) fn risk_of(path: &Path, file: &File) -> Result<Option<Risk>, Error> {
    use std::os::unix::fs::MetadataExt as _;
    let meta = file.metadata().map_err(|error| unreadable(path, error))?;
    if !meta.is_file() {
        return Err(Error::NotAFile(path.to_owned()));
    }
    let me = rustix::process::geteuid().as_raw();
    if meta.uid() != me && meta.uid() != 0 {
        return Ok(Some(Risk::ForeignOwner));
    }
    if meta.mode() & 0o022 != 0 {
        return Ok(Some(Risk::WritableFile));
    }
    let folder = path.canonicalize().ok().and_then(|path| path.parent().map(Path::to_owned));
    let Some((folder, meta)) = folder.and_then(|folder| folder.metadata().ok().map(|meta| (folder, meta)))
    else {
        return Ok(None);
    };
    // In a sticky directory, such as /tmp, only the owner can replace a file.
    if meta.mode() & 0o022 != 0 && meta.mode() & 0o1000 == 0 {
        return Ok(Some(Risk::WritableFolder(folder)));
    }
    Ok(None)
}

/// Returns how another user could have written or could replace a file.
#[cfg(windows)]
pub(crate) fn risk_of(path: &Path, file: &File) -> Result<Option<Risk>, Error> {
    use netsession_winfs::access::Others;
    if !file.metadata().map_err(|error| unreadable(path, error))?.is_file() {
        return Err(Error::NotAFile(path.to_owned()));
    }
    let others = Others::of(file);
    if others.own {
        return Ok(Some(Risk::ForeignOwner));
    }
    if others.write {
        return Ok(Some(Risk::WritableFile));
    }
    let folder = path.canonicalize().ok().and_then(|path| path.parent().map(Path::to_owned));
    Ok(folder.filter(|folder| Others::at(folder).replace_files).map(Risk::WritableFolder))
}

#[cfg(test)]
mod tests {
    use super::Config;
    use netsession::Kerberos;
    use std::time::{Duration, Instant};

    const FILE: &str = r#"
        [default]
        login = 'LAB\adm1'
        password-command = ["pass", "lab"]
        timeout = 8
        [server.FS1]
        login = 'FS1\root'
        [server."10.0.0.5:4450"]
        encrypt = true
        [server."::1"]
        timeout = "500ms"
        wins = "10.0.0.1"
    "#;

    /// A failure here would log on with another server's login.
    #[test]
    fn a_server_has_its_own_settings() {
        let config = Config::parse(FILE).unwrap();
        let fs1 = config.for_server("fs1", 445);
        assert_eq!(fs1.login.as_deref(), Some(r"FS1\root"));
        assert_eq!(fs1.timeout, Some(Duration::from_secs(8)));
        assert_eq!(config.for_server("::1", 445).timeout, Some(Duration::from_millis(500)));
        assert_eq!(config.for_server("10.0.0.5", 4450).encrypt, Some(true));
        assert_eq!(config.for_server("10.0.0.5", 445), config.default);
        assert!(config.for_server("::1", 445).wins.is_some());
    }

    /// A failure here would send the password of one login with another login.
    #[test]
    fn a_password_command_belongs_to_its_login() {
        let config = Config::parse(FILE).unwrap();
        assert_eq!(config.for_server("fs1", 445).password_command, None);
        assert!(config.for_server("10.0.0.5", 4450).password_command.is_some());
    }

    /// A failure here would log on with another user's keys, or ask for the ticket of another computer.
    #[test]
    fn a_keytab_belongs_to_its_login_and_a_kerberos_name_to_its_server() {
        let config = Config::parse(
            "[default]\nlogin = 'adm1@LAB.TEST'\nkeytab = '/etc/adm1.keytab'\nkerberos = 'required'\n\
             kerberos-name = 'x'\n[server.fs1]\nlogin = 'root'\n[server.'10.0.0.5']\nkerberos = 'off'\n\
             kerberos-name = 'fs1.lab.test'",
        )
        .unwrap();
        let (fs1, fs2, address) = (
            config.for_server("fs1", 445),
            config.for_server("fs2", 445),
            config.for_server("10.0.0.5", 445),
        );
        assert_eq!((fs1.keytab, fs1.kerberos, fs1.kerberos_name), (None, Some(Kerberos::Required), None));
        assert!(fs2.keytab.is_some() && fs2.kerberos_name.is_none());
        assert!(address.keytab.is_some() && address.kerberos == Some(Kerberos::Off));
        assert_eq!(address.connect_options().kerberos_name.as_deref(), Some("fs1.lab.test"));
    }

    /// A failure here would accept a mistake in the file, or show a password in it.
    #[test]
    fn a_mistake_is_reported_with_its_line_and_without_values() {
        for (text, part) in [
            ("[default]\npassword = 'hunter2'", "line 2: unknown field `password`"),
            ("[default]\n\npassword-command = 'hunter2'", "line 3: expected a sequence"),
            ("[default]\nlogin = \"LAB\\hunter2\"", "line 2: "),
            ("[default]\nwins = 'hunter2'", "line 2: "),
            ("[default]\ntimeout = 0", "line 2: give a time between"),
            ("[default]\nkerberos = 'hunter2'", "line 2: expected required, preferred or off"),
            ("logon = 'hunter2'", "line 1: unknown field `logon`"),
            ("[server.fs1]\naddress = 'hunter2 x'", "line 2: expected an address"),
            ("[default]\n\naddress = 'hunter2'", "line 3: `address` belongs"),
            ("[group.files]\nserver = ['hunter2']", "line 2: unknown field `server`"),
            ("[server.fs1]\nnodes = ['hunter2']", "line 2: `nodes` belongs"),
            ("\n[cluster.nas]\nlogin = 'hunter2'", "line 2: missing field `nodes`"),
            ("[cluster.nas]\nnodes = ['hunter 2']", "line 2: expected the nodes"),
            ("[cluster.nas]\nnodes = []", "line 2: the cluster has no node"),
            ("[cluster.nas]\nnodes = ['n1', 'N1']", "line 2: a node belongs to one cluster"),
            ("[cluster.a]\nnodes = ['n1']\n[cluster.b]\nnodes = ['n1:445']", "line 4: a node belongs to one"),
            ("[cluster.nas]\nnodes = ['n1', 'nas']", "line 2: a node has another name"),
            ("[server.NAS]\n[cluster.nas]\nnodes = ['n1']", "line 2: a server has the same name"),
            ("[cluster.'nas:4450']\nnodes = ['n1']", "line 1: the name of a cluster"),
        ] {
            let error = Config::parse(text).unwrap_err().to_string();
            assert!(error.contains(part) && !error.contains("hunter2"), "{error}");
        }
    }

    /// A failure here would take seconds to find the settings of an estate.
    #[test]
    fn ten_thousand_servers_are_an_ordinary_number() {
        let table = |number: usize| format!("[server.fs{number}]\naddress = '10.0.0.5:{}'\n", number + 1);
        let config = Config::parse(&(0..10_000).map(table).collect::<String>()).unwrap();
        let start = Instant::now();
        for number in 0..10_000 {
            let address = config.address_of(&format!("FS{number}"), 445).unwrap();
            assert_eq!(usize::from(address.port()), number + 1);
        }
        // Far more than a table by name needs, and far less than comparing every name with every other one.
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    }

    /// A failure here would end a session twice, or list a cluster with a silent node as complete, for somebody who names
    /// a node by an alias.
    #[test]
    fn a_node_has_the_names_of_its_aliases() {
        let text = "[cluster.nas]\nnodes = ['10.0.0.1', 'n2']\n[server.fs1]\naddress = '10.0.0.1'\n\
                    [server.n2]\naddress = '10.0.0.2:4450'\n[server.fs3]\naddress = '10.0.0.2'";
        let config = Config::parse(text).unwrap();
        for (host, port) in [("10.0.0.1", 445), ("FS1", 445), ("n2", 445), ("10.0.0.2", 4450)] {
            assert_eq!(config.cluster_of(host, port), Some("nas"), "{host}:{port}");
        }
        for (host, port) in [("fs1", 4450), ("10.0.0.2", 445), ("fs3", 445)] {
            assert_eq!(config.cluster_of(host, port), None, "{host}:{port}");
        }
        let twice = text.replace("'n2']", "'fs1']");
        let [mistake] = &crate::mistakes(&twice)[..] else { panic!("one mistake") };
        assert_eq!((mistake.line, mistake.reason.as_str()), (2, super::NODE_REPEATED));
    }

    /// A failure here would send the login of one cluster to another server, or leave out the node's own settings.
    #[test]
    fn a_node_has_the_settings_of_its_cluster() {
        let config = Config::parse(
            "[default]\nlogin = 'x'\npassword-command = ['y']\nkerberos-name = 'z'\n[cluster.nas]\n\
             nodes = ['n1', 'n2:4450']\nlogin = 'adm1'\nkerberos-name = 'nas.lab.test'\n[server.n1]\n\
             kerberos-name = 'n1.lab.test'",
        )
        .unwrap();
        let node = |host, port| config.for_server(host, port);
        assert_eq!(node("N1", 445).kerberos_name.as_deref(), Some("n1.lab.test"));
        for (host, port) in [("n2", 4450), ("NAS", 445)] {
            let settings = node(host, port);
            assert_eq!(settings.kerberos_name.as_deref(), Some("nas.lab.test"));
            assert_eq!((settings.login.as_deref(), settings.password_command), (Some("adm1"), None));
            assert_eq!((settings.cluster, settings.nodes), (Some(true), None));
            assert!(config.names(host, port));
        }
        // Any user of the node's host can listen on another port.
        for (host, port) in [("n2", 445), ("nas", 4450), ("n3", 445)] {
            let settings = node(host, port);
            assert_eq!((settings.login.as_deref(), settings.cluster), (Some("x"), None), "{host}:{port}");
            assert!(!config.names(host, port), "{host}:{port}");
        }
    }
}
