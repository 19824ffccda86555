//! [`JournalTable`]: the table `[journal]`, which says where changes are recorded.

use std::path::PathBuf;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Where changes are recorded, and what happens if they cannot be.
///
/// ```
/// use netsession_config::Config;
///
/// let config = Config::parse("[journal]\nrequired = true\nforward = ['syslog']").unwrap();
/// assert!(config.journal().is_enabled && config.journal().required);
/// assert!(Config::default().journal().is_enabled, "without a table the user has a journal, too");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct JournalTable {
    /// Whether the command records changes.
    #[serde(rename = "enabled")]
    pub is_enabled: bool,
    /// The file of the journal. The default is a file of the user.
    #[serde(deserialize_with = "absolute")]
    pub path: Option<PathBuf>,
    /// The URL of a PostgreSQL database, instead of a file.
    #[serde(deserialize_with = "postgresql")]
    pub url: Option<String>,
    /// A program and its arguments, which prints the password of that database.
    #[serde(deserialize_with = "command")]
    pub password_command: Option<Vec<String>>,
    /// Whether netsession refuses to change what it cannot record.
    pub required: bool,
    /// Whether the C library records changes, too. If a journal is required, it always does.
    pub c_library: bool,
    /// The logs of the system that get a line about each row.
    pub forward: Vec<ForwardTo>,
    /// Whether a person has to say why.
    pub reason: ReasonRule,
}

impl Default for JournalTable {
    fn default() -> Self {
        Self {
            is_enabled: true,
            path: None,
            url: None,
            password_command: None,
            required: false,
            c_library: false,
            forward: Vec::new(),
            reason: ReasonRule::Optional,
        }
    }
}

/// Reads an absolute path. A relative one would mean another journal in each folder.
fn absolute<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
    let path = PathBuf::deserialize(from)?;
    match path.is_absolute() {
        true => Ok(Some(path)),
        false => Err(D::Error::custom("the path of the journal must be absolute")),
    }
}

/// Reads the URL of a database.
fn postgresql<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let url = String::deserialize(from)?;
    match url.starts_with("postgresql://") || url.starts_with("postgres://") {
        true => Ok(Some(url)),
        // The text could be a password.
        false => Err(D::Error::custom("the URL of the journal begins with postgresql://")),
    }
}

/// Reads a program and its arguments.
fn command<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<String>>, D::Error> {
    let command = Vec::<String>::deserialize(from)?;
    match command.is_empty() {
        false => Ok(Some(command)),
        true => Err(D::Error::custom("the password-command of the journal names no program")),
    }
}

/// Whether a person has to say why they change something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "String")]
#[non_exhaustive]
pub enum ReasonRule {
    /// A person can give a reason, and need not.
    #[default]
    Optional,
    /// netsession asks a person at a terminal, who need not answer.
    Asked,
    /// netsession changes nothing without a reason.
    Required,
}

impl TryFrom<String> for ReasonRule {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, &'static str> {
        match name.as_str() {
            "optional" => Ok(Self::Optional),
            "asked" => Ok(Self::Asked),
            "required" => Ok(Self::Required),
            _ => Err("expected optional, asked or required"),
        }
    }
}

/// A log of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
#[non_exhaustive]
pub enum ForwardTo {
    /// The syslog daemon.
    Syslog,
    /// The daemon of systemd's journal.
    Journald,
}

/// Does not repeat a wrong value, which could be a password.
impl TryFrom<String> for ForwardTo {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, &'static str> {
        match name.as_str() {
            "syslog" => Ok(Self::Syslog),
            "journald" => Ok(Self::Journald),
            _ => Err("expected syslog or journald"),
        }
    }
}
