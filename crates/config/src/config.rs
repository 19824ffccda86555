//! [`Config`]: the configuration file `$XDG_CONFIG_HOME/netsession/config.toml`, or the file that `NETSESSION_CONFIG`
//! names.
//!
//! The file contains no password: a login names a command that prints one. [`Config`] refuses a file that other users
//! can write, because the file names programs to run.

use std::env;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use netsession::ServerAddress;
use serde::Deserialize;

use crate::settings::Settings;
use crate::tables::Tables;
use crate::{CONFIG_VARIABLE, Error, Mistake, MistakeKind, Risk};

/// The size limit of the file in bytes: ten thousand servers need less than one megabyte.
const MAX_LENGTH: u64 = 16 * 1024 * 1024;

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
        check_owner(&path, &file)?;
        let mut text = String::new();
        file.by_ref().take(MAX_LENGTH).read_to_string(&mut text).map_err(|error| unreadable(&path, error))?;
        Ok(Some((path, text)))
    }

    /// Reads the text of a configuration file.
    ///
    /// # Errors
    /// The first [`Mistake`], with its line.
    pub fn parse(text: &str) -> Result<Config, Mistake> {
        let config: Config = toml::from_str(text).map_err(|error| Mistake::of_toml(text, &error))?;
        if config.default.address.is_none() {
            return Ok(config);
        }
        let (line, reason) =
            (line_of(text, &["default", "address"]), "`address` belongs in the table of one server");
        Err(Mistake { line, kind: MistakeKind::Entry, reason: reason.to_owned() })
    }

    /// Returns the names of the servers that have a table, as the file spells them.
    pub fn servers(&self) -> impl Iterator<Item = &str> {
        self.server.names()
    }

    /// Returns the names of the groups, without `@`, as the file spells them.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.group.names()
    }

    /// Returns the group's name as the file spells it, and what it contains: servers, and other groups with `@`.
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
        if self.names(host, port) {
            return Some(address.clone());
        }
        ServerAddress::new(address.host(), port).ok()
    }

    /// Returns the server's own table, without inherited settings; `None` if the file does not name the server.
    #[must_use]
    pub fn entry(&self, host: &str, port: u16) -> Option<&Settings> {
        self.entry_with_port(host, port).or_else(|| self.entry_named(host))
    }

    /// Whether the file names this server: its table has this port, or no port if this port is that of SMB. Any user of
    /// a host can listen on another port.
    ///
    /// ```
    /// let config = netsession_config::Config::parse("[server.fs1]\n[server.'fs2:4450']").unwrap();
    /// assert!(config.names("FS1", 445) && config.names("fs2", 4450));
    /// assert!(config.entry("fs1", 4450).is_some() && !config.names("fs1", 4450));
    /// ```
    #[must_use]
    pub fn names(&self, host: &str, port: u16) -> bool {
        self.entry_with_port(host, port).is_some()
            || port == ServerAddress::DEFAULT_PORT && self.entry_named(host).is_some()
    }

    fn entry_with_port(&self, host: &str, port: u16) -> Option<&Settings> {
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        self.entry_named(&format!("{host}:{port}"))
    }

    fn entry_named(&self, name: &str) -> Option<&Settings> {
        self.server.get(name)
    }

    /// Returns the settings of one server: its own and the inherited defaults. A table with another login does not
    /// inherit the password command and the keytab.
    #[must_use]
    pub fn for_server(&self, host: &str, port: u16) -> Settings {
        // The Kerberos name of one computer is no other's.
        let base = Settings { kerberos_name: None, ..self.default.clone() };
        match self.entry(host, port) {
            Some(own) => own.over(&base),
            None => base,
        }
    }
}

/// Returns the line of a key; `path` leads from the top of the file to it.
fn line_of(text: &str, path: &[&str]) -> usize {
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

fn unreadable(path: &Path, cause: std::io::Error) -> Error {
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

/// Refuses a file that another user could have written or could replace.
#[cfg(unix)]
fn check_owner(path: &Path, file: &File) -> Result<(), Error> {
    use std::os::unix::fs::MetadataExt as _;
    let meta = file.metadata().map_err(|error| unreadable(path, error))?;
    if !meta.is_file() {
        return Err(Error::NotAFile(path.to_owned()));
    }
    let me = rustix::process::geteuid().as_raw();
    let refused = |risk| Err(Error::Refused { path: path.to_owned(), risk });
    if meta.uid() != me && meta.uid() != 0 {
        return refused(Risk::ForeignOwner);
    }
    if meta.mode() & 0o022 != 0 {
        return refused(Risk::WritableFile);
    }
    let folder = path.canonicalize().ok().and_then(|path| path.parent().map(Path::to_owned));
    let Some((folder, meta)) = folder.and_then(|folder| folder.metadata().ok().map(|meta| (folder, meta)))
    else {
        return Ok(());
    };
    // In a sticky directory, such as /tmp, only the owner can replace a file.
    if meta.mode() & 0o022 != 0 && meta.mode() & 0o1000 == 0 {
        return refused(Risk::WritableFolder(folder));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_owner(_path: &Path, _file: &File) -> Result<(), Error> {
    Ok(())
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
            ("[default]\ntimeout = 0", "line 2: a time limit is between"),
            ("[default]\nkerberos = 'hunter2'", "line 2: expected required, preferred or off"),
            ("logon = 'hunter2'", "line 1: unknown field `logon`"),
            ("[server.fs1]\naddress = 'hunter2 x'", "line 2: expected an address"),
            ("[default]\n\naddress = 'hunter2'", "line 3: `address` belongs"),
            ("[group.files]\nserver = ['hunter2']", "line 2: unknown field `server`"),
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
}
