//! [`Config`]: the configuration file `$XDG_CONFIG_HOME/netsession/config.toml`, or the file that `NETSESSION_CONFIG`
//! names.
//!
//! The file contains no password: a login names a command that prints one. [`Config`] refuses a file that other users
//! can write, because the file names programs to run.

use std::collections::BTreeMap;
use std::env;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use netsession::{ConnectOptions, Encryption, Kerberos, NetBios, ServerAddress};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::{CONFIG_VARIABLE, Error, Mistake, MistakeKind, Risk, parse_time_limit};

/// The size limit of the file in bytes: much more than a person writes by hand.
const MAX_LENGTH: u64 = 1024 * 1024;

/// The contents of the configuration file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The settings of every server, unless its own table overrides them.
    #[serde(default)]
    default: Settings,
    /// `[server.fs1]`, `[server."fs1.example.com"]`, `[server."10.0.0.5:4450"]`.
    #[serde(default)]
    server: BTreeMap<String, Settings>,
}

/// The settings of one server, or the defaults of all servers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// The user: `[DOMAIN\]USER`.
    pub login: Option<String>,
    /// A program and its arguments; the first line that it prints is the password.
    pub password_command: Option<Vec<String>>,
    /// A keytab with the Kerberos keys of the user.
    pub keytab: Option<PathBuf>,
    /// Whether to log on by Kerberos: `required`, `preferred` or `off`.
    #[serde(default, deserialize_with = "kerberos")]
    pub kerberos: Option<Kerberos>,
    /// The server's name in the domain, for a server that is reached by an address or by an alias.
    pub kerberos_name: Option<String>,
    /// Whether to require encryption.
    pub encrypt: Option<bool>,
    /// The time limit for connecting and for each call, as in `--timeout`.
    #[serde(default, deserialize_with = "time_limit")]
    pub timeout: Option<Duration>,
    /// Whether the server is a node of a cluster. The nodes of a cluster no longer list the sessions of one that does not
    /// answer, though it may still serve them.
    pub cluster: Option<bool>,
    /// The WINS server to ask for names that DNS does not know.
    pub wins: Option<std::net::IpAddr>,
}

impl Config {
    /// Reads the user's configuration file. Without a file it returns an empty configuration.
    ///
    /// # Errors
    /// [`Error::Unreadable`], [`Error::NotAFile`]; [`Error::Refused`] if another user could have written it;
    /// [`Error::Mistake`] in its text.
    pub fn read() -> Result<Config, Error> {
        let (path, required) = match env::var_os(CONFIG_VARIABLE) {
            Some(path) if path.is_empty() => return Ok(Config::default()),
            Some(path) => (PathBuf::from(path), true),
            None => match default_path() {
                Some(path) => (path, false),
                None => return Ok(Config::default()),
            },
        };
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound && !required => return Ok(Config::default()),
            Err(error) => return Err(unreadable(&path, error)),
        };
        check_owner(&path, &file)?;
        let mut text = String::new();
        file.by_ref().take(MAX_LENGTH).read_to_string(&mut text).map_err(|error| unreadable(&path, error))?;
        Config::parse(&text).map_err(|mistake| Error::Mistake { path, mistake })
    }

    /// Reads the text of a configuration file.
    ///
    /// # Errors
    /// The first [`Mistake`], with its line.
    pub fn parse(text: &str) -> Result<Config, Mistake> {
        toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            // The parser's own message would quote the file, which may contain a password by mistake.
            let message = error.message();
            let reason = match message.split_once(", expected ") {
                Some((what, expected)) if what.starts_with("invalid ") => format!("expected {expected}"),
                _ => message.trim().replace('\n', ", "),
            };
            let is_toml = text.parse::<toml::Table>().is_ok();
            let kind = if is_toml { MistakeKind::Entry } else { MistakeKind::Syntax };
            Mistake { line, kind, reason }
        })
    }

    /// Returns the names of the servers that have a table, as the file spells them.
    pub fn servers(&self) -> impl Iterator<Item = &str> {
        self.server.keys().map(String::as_str)
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
        self.server.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, settings)| settings)
    }

    /// Returns the settings of one server: its own and the inherited defaults. A table with another login does not
    /// inherit the password command and the keytab.
    #[must_use]
    pub fn for_server(&self, host: &str, port: u16) -> Settings {
        let default = Settings { kerberos_name: None, ..self.default.clone() };
        let Some(own) = self.entry(host, port) else { return default };
        let inherits = own.login.is_none() || own.login == default.login;
        Settings {
            password_command: own.password_command.clone().or(default.password_command.filter(|_| inherits)),
            keytab: own.keytab.clone().or(default.keytab.filter(|_| inherits)),
            login: own.login.clone().or(default.login),
            kerberos: own.kerberos.or(default.kerberos),
            // The name of one computer is no other's.
            kerberos_name: own.kerberos_name.clone(),
            encrypt: own.encrypt.or(default.encrypt),
            timeout: own.timeout.or(default.timeout),
            cluster: own.cluster.or(default.cluster),
            wins: own.wins.or(default.wins),
        }
    }
}

impl Settings {
    /// Returns the options of a connection. The library's defaults replace missing settings.
    #[must_use]
    pub fn connect_options(&self) -> ConnectOptions {
        let mut options = ConnectOptions::default();
        if self.encrypt == Some(true) {
            options.encryption = Encryption::Required;
        }
        if let Some(limit) = self.timeout {
            (options.connect_timeout, options.call_timeout) = (limit, limit);
        }
        if let Some(wins) = self.wins {
            options.netbios = NetBios::Wins(wins);
        }
        options.kerberos = self.kerberos.unwrap_or_default();
        options.kerberos_name.clone_from(&self.kerberos_name);
        options
    }
}

/// Reads a number of seconds, or a text in the form of `--timeout`.
fn time_limit<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        Seconds(f64),
        Text(String),
    }
    let text = match Given::deserialize(from)? {
        Given::Seconds(seconds) => seconds.to_string(),
        Given::Text(text) => text,
    };
    parse_time_limit(&text).map(Some).map_err(D::Error::custom)
}

/// Reads a text in the form of `--kerberos`.
fn kerberos<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Kerberos>, D::Error> {
    String::deserialize(from)?.parse().map(Some).map_err(D::Error::custom)
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
    use super::{Config, Kerberos};
    use std::time::Duration;

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
        ] {
            let error = Config::parse(text).unwrap_err().to_string();
            assert!(error.contains(part) && !error.contains("hunter2"), "{error}");
        }
    }
}
