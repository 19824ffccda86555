//! [`Settings`]: the settings of one server, and which of them another table passes on.

use std::path::PathBuf;
use std::time::Duration;

use netsession::{
    ConnectOptions, Encryption, Kerberos, Login, NetBios, ParseLoginError, Secret, ServerAddress,
};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::parse_time_limit;

/// The settings of one server, or the defaults of all servers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// The user: `[DOMAIN\]USER`.
    #[serde(default, deserialize_with = "login")]
    pub login: Option<String>,
    /// A program and its arguments; the first line that it prints is the password.
    pub password_command: Option<Vec<String>>,
    /// A keytab with the Kerberos keys of the user.
    pub keytab: Option<PathBuf>,
    /// Whether to log on with Kerberos: `required`, `preferred` or `off`.
    #[serde(default, deserialize_with = "kerberos")]
    pub kerberos: Option<Kerberos>,
    /// The server's name in the domain, for a server that is reached by an address or by an alias.
    #[serde(default, deserialize_with = "host_name")]
    pub kerberos_name: Option<String>,
    /// Whether to require encryption.
    pub encrypt: Option<bool>,
    /// The time limit for all that is read from a server, as in `--timeout`.
    #[serde(default, deserialize_with = "time_limit")]
    pub timeout: Option<Duration>,
    /// Whether the server is a node of a cluster. The nodes of a cluster no longer list the sessions of one that does not
    /// answer, though it may still serve them.
    pub cluster: Option<bool>,
    /// The WINS server to ask for names that DNS does not know.
    pub wins: Option<std::net::IpAddr>,
    /// Where the server is, if its name is an alias; only in a server's own table.
    #[serde(default, deserialize_with = "address")]
    pub address: Option<ServerAddress>,
    /// The servers that are one cluster; only in a cluster's table.
    #[serde(default, deserialize_with = "nodes")]
    pub nodes: Option<Vec<ServerAddress>>,
}

impl Settings {
    /// Returns these settings, and those of `base` where they say nothing. A table with another login does not inherit
    /// the password command and the keytab, and none inherits an address or nodes.
    pub(crate) fn over(&self, base: &Settings) -> Settings {
        let inherits = self.login.is_none() || self.login == base.login;
        let inherited = || Some(base).filter(|_| inherits);
        Settings {
            password_command: self
                .password_command
                .clone()
                .or_else(|| inherited().and_then(|base| base.password_command.clone())),
            keytab: self.keytab.clone().or_else(|| inherited().and_then(|base| base.keytab.clone())),
            login: self.login.clone().or_else(|| base.login.clone()),
            kerberos: self.kerberos.or(base.kerberos),
            kerberos_name: self.kerberos_name.clone().or_else(|| base.kerberos_name.clone()),
            encrypt: self.encrypt.or(base.encrypt),
            timeout: self.timeout.or(base.timeout),
            cluster: self.cluster.or(base.cluster),
            wins: self.wins.or(base.wins),
            address: self.address.clone(),
            nodes: None,
        }
    }

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

/// Reads the name of a user. In double quotes, TOML reads `\b` and `\t` after a domain as control characters. The error does
/// not repeat the value, which could be a password.
fn login<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(from)?;
    let wrong = |what| Err(D::Error::custom(format!("{what} in single quotes, such as 'LAB\\adm1'")));
    match Login::new(&text, Secret::password("")) {
        _ if text.trim().is_empty() || text.contains(char::is_control) => wrong("expected a user"),
        Err(ParseLoginError::Empty) => wrong("no user after the domain: expected DOMAIN\\USER"),
        Err(ParseLoginError::Form(_)) => wrong("expected USER, DOMAIN\\USER or USER@REALM"),
        // The check of the whole file says more about a password.
        _ => Ok(Some(text)),
    }
}

/// Reads the name of a server in the domain.
fn host_name<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(from)?;
    match text.is_empty() || text.contains(char::is_whitespace) {
        true => Err(D::Error::custom("expected the server's name in the domain, such as \"fs1.lab.test\"")),
        false => Ok(Some(text)),
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

/// Reads the address of a server. The error does not repeat the value, which could be a password.
fn address<'de, D: Deserializer<'de>>(from: D) -> Result<Option<ServerAddress>, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map(Some).map_err(|_| D::Error::custom("expected an address such as \"10.0.0.5:4450\""))
}

/// Reads the nodes of a cluster. The error does not repeat a value, which could be a password.
fn nodes<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<ServerAddress>>, D::Error> {
    let wrong =
        || D::Error::custom("expected the nodes' names or addresses, such as \"n1\" or \"10.0.0.5:4450\"");
    let nodes = Vec::<String>::deserialize(from)?;
    if nodes.is_empty() {
        return Err(D::Error::custom("the cluster has no node"));
    }
    nodes.iter().map(|node| node.parse().map_err(|_| wrong())).collect::<Result<_, _>>().map(Some)
}
