//! [`DatabaseUrl`]: which PostgreSQL database, and how to log on.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::pgpass;

/// Where Debian and others keep the socket of the server.
const SOCKET_FOLDER: &str = "/var/run/postgresql";
/// The port without one in the URL.
const PORT: u16 = 5_432;

/// The URL of a PostgreSQL database, such as `postgresql:///netsession` or `postgresql://alice@/netsession?host=/run/pg`.
///
/// Without a host, netsession connects by the Unix socket in `/var/run/postgresql`. A connection to another computer is
/// encrypted with TLS 1.3, and the server's certificate and name are verified by the system's authorities, unless the URL says
/// otherwise with `sslmode` and `sslrootcert`. They mean what they mean for libpq, but netsession refuses the modes in which
/// somebody between could read the records.
///
/// The URL contains no password. That comes from `PGPASSWORD`, else from the [`PasswordSource`], else from the file that
/// `PGPASSFILE` names, else `~/.pgpass`.
///
/// ```
/// use netsession_journal::{DatabaseUrl, ParseUrlError};
///
/// let url: DatabaseUrl = "postgresql://alice@db.lab.test/netsession?sslmode=verify-full".parse().unwrap();
/// assert_eq!(url.to_string(), "postgresql://alice@db.lab.test/netsession?sslmode=verify-full");
/// let weak = "postgresql://alice@db.lab.test/netsession?sslmode=prefer".parse::<DatabaseUrl>();
/// assert_eq!(weak.unwrap_err(), ParseUrlError::Unencrypted);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    text: String,
    pub(super) host: Host,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) database: String,
    pub(super) protection: Protection,
    password: Option<PasswordSource>,
}

/// How the connection is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Protection {
    /// It stays on this computer, or the URL confirms clear text.
    Plain,
    /// TLS with a verified server.
    Tls(Trust),
}

/// How the server is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trust {
    pub(super) authorities: Authorities,
    /// Whether the name in the certificate is verified, too.
    pub(super) is_name_verified: bool,
}

/// The authorities whose certificates are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Authorities {
    System,
    File(PathBuf),
}

/// What returns the password of a database, such as a program that asks a password manager. It runs when netsession connects.
#[derive(Clone)]
pub struct PasswordSource(Arc<dyn Fn() -> Result<Zeroizing<String>, String> + Send + Sync>);

impl PasswordSource {
    /// Makes a source from a function. Its error is a text for people.
    pub fn new(source: impl Fn() -> Result<Zeroizing<String>, String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(source))
    }
}

/// Redacts the source.
impl fmt::Debug for PasswordSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordSource")
    }
}

/// Two sources are equal if one is a clone of the other.
impl PartialEq for PasswordSource {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for PasswordSource {}

/// Where the server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host {
    /// A Unix socket in this folder.
    Socket(PathBuf),
    /// A computer.
    Named(String),
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What is wrong with the URL of a database. It does not repeat the text, which could contain a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseUrlError {
    /// It does not begin with `postgresql://`, or has another mistake.
    #[error("expected a URL such as postgresql://alice@/netsession?host=/var/run/postgresql")]
    Malformed,
    /// It contains a password, which everybody who reads the configuration would see.
    #[error("it contains a password: put it into ~/.pgpass instead")]
    Password,
    /// It names no database.
    #[error("it names no database")]
    NoDatabase,
    /// It names no user, and this process has no name of its own.
    #[error("it names no user")]
    NoUser,
    /// The records could go over a network in clear text.
    #[error(
        "sslmode=allow and sslmode=prefer can send everything in clear text: use sslmode=verify-full, or confirm clear text with \
         sslmode=disable"
    )]
    Unencrypted,
    /// The server would not be verified, so that somebody between could read the records.
    #[error(
        "sslmode=require does not verify the server: use sslmode=verify-full, or name the certificates of its authority with \
         sslrootcert=FILE"
    )]
    Unverified,
    /// The path of the certificates means another file in each folder.
    #[error("sslrootcert is not an absolute path")]
    RelativePath,
}

impl FromStr for DatabaseUrl {
    type Err = ParseUrlError;

    fn from_str(text: &str) -> Result<Self, ParseUrlError> {
        let rest = text.strip_prefix("postgresql://").or_else(|| text.strip_prefix("postgres://"));
        let rest = rest.ok_or(ParseUrlError::Malformed)?;
        let (base, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = base.split_once('/').unwrap_or((base, ""));
        let (user, place) = match authority.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, authority),
        };
        if user.is_some_and(|user| user.contains(':')) {
            return Err(ParseUrlError::Password);
        }
        let (mut host, mut port) = host_and_port(place)?;
        let (mut user, mut database) = (user.map(decoded).transpose()?, Some(decoded(path)?));
        let (mut mode, mut authorities) = (None, None);
        for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').ok_or(ParseUrlError::Malformed)?;
            let value = decoded(value)?;
            match name {
                "host" => host = Some(value),
                "port" => port = value.parse().map_err(|_| ParseUrlError::Malformed)?,
                "user" => user = Some(value),
                "dbname" => database = Some(value),
                "sslmode" => mode = Some(value),
                "sslrootcert" => authorities = Some(authorities_of(value)?),
                "password" => return Err(ParseUrlError::Password),
                _ => return Err(ParseUrlError::Malformed),
            }
        }
        let (host, protection) = match host.filter(|host| !host.is_empty()) {
            None => (Host::Socket(SOCKET_FOLDER.into()), Protection::Plain),
            Some(folder) if folder.starts_with('/') => (Host::Socket(folder.into()), Protection::Plain),
            Some(name) => {
                let protection = protection(mode.as_deref(), authorities, is_this_computer(&name))?;
                (Host::Named(name), protection)
            }
        };
        let user = user.filter(|user| !user.is_empty()).or_else(crate::actor::database_user);
        let user = user.ok_or(ParseUrlError::NoUser)?;
        let database = database.filter(|name| !name.is_empty()).ok_or(ParseUrlError::NoDatabase)?;
        if [&user, &database].iter().any(|name| name.contains('\0')) {
            return Err(ParseUrlError::Malformed);
        }
        Ok(Self { text: text.to_owned(), host, port, user, database, protection, password: None })
    }
}

/// Returns what `sslmode` means (PostgreSQL's documentation, "SSL Support"). Without one, only a connection to this computer
/// is not encrypted.
fn protection(
    mode: Option<&str>,
    authorities: Option<Authorities>,
    is_this_computer: bool,
) -> Result<Protection, ParseUrlError> {
    let is_name_verified = match (mode, &authorities) {
        (Some("disable"), _) => return Ok(Protection::Plain),
        (None, None) if is_this_computer => return Ok(Protection::Plain),
        (Some("allow" | "prefer"), _) => return Err(ParseUrlError::Unencrypted),
        (Some("require"), None) => return Err(ParseUrlError::Unverified),
        // Only your own authorities sign no certificates for strangers.
        (Some("verify-ca"), None | Some(Authorities::System))
        | (Some("require"), Some(Authorities::System)) => {
            return Err(ParseUrlError::Unverified);
        }
        (Some("require" | "verify-ca"), Some(Authorities::File(_))) => false,
        (None | Some("verify-full"), _) => true,
        (Some(_), _) => return Err(ParseUrlError::Malformed),
    };
    Ok(Protection::Tls(Trust { authorities: authorities.unwrap_or(Authorities::System), is_name_verified }))
}

/// Reads `sslrootcert`: `system`, or a file.
fn authorities_of(value: String) -> Result<Authorities, ParseUrlError> {
    match Path::new(&value) {
        _ if value == "system" => Ok(Authorities::System),
        path if path.is_absolute() => Ok(Authorities::File(value.into())),
        _ => Err(ParseUrlError::RelativePath),
    }
}

/// Splits `HOST:PORT` and `[ADDRESS]:PORT`.
fn host_and_port(place: &str) -> Result<(Option<String>, u16), ParseUrlError> {
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (address, after) = rest.split_once(']').ok_or(ParseUrlError::Malformed)?;
            (
                address,
                after.strip_prefix(':').or(after.is_empty().then_some("")).ok_or(ParseUrlError::Malformed)?,
            )
        }
        None => place.split_once(':').unwrap_or((place, "")),
    };
    let port = if port.is_empty() { Ok(PORT) } else { port.parse() };
    Ok((Some(decoded(host)?), port.map_err(|_| ParseUrlError::Malformed)?))
}

/// Whether a connection stays on this computer.
fn is_this_computer(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Decodes `%2F` and the like.
fn decoded(text: &str) -> Result<String, ParseUrlError> {
    let (mut bytes, mut rest) = (Vec::new(), text.bytes());
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |digit: Option<u8>| char::from(digit?).to_digit(16);
                let (high, low) = (digit(rest.next()), digit(rest.next()));
                let value = high.zip(low).map(|(high, low)| high * 16 + low);
                value.and_then(|value| u8::try_from(value).ok()).ok_or(ParseUrlError::Malformed)?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).map_err(|_| ParseUrlError::Malformed)
}

impl DatabaseUrl {
    /// Also takes the password from this source, unless `PGPASSWORD` has one.
    #[must_use]
    pub fn with_password(self, source: PasswordSource) -> Self {
        Self { password: Some(source), ..self }
    }

    /// Returns the password for the logon, if there is one. The error is that of the source.
    pub(super) fn password(&self) -> Result<Option<Zeroizing<String>>, String> {
        let set = std::env::var("PGPASSWORD").ok().filter(|password| !password.is_empty());
        match (set, &self.password) {
            (Some(password), _) => Ok(Some(password.into())),
            (None, Some(source)) => (source.0)().map(Some),
            (None, None) => Ok(pgpass::password(&self.logon())),
        }
    }

    /// Returns what a line of a password file compares: host, port, database and user.
    fn logon(&self) -> [String; 4] {
        let host = match &self.host {
            Host::Named(name) => name.clone(),
            Host::Socket(folder) if folder == Path::new(SOCKET_FOLDER) => "localhost".to_owned(),
            Host::Socket(folder) => folder.display().to_string(),
        };
        [host, self.port.to_string(), self.database.clone(), self.user.clone()]
    }
}

#[cfg(test)]
mod tests {
    use super::{Authorities, DatabaseUrl, Host, ParseUrlError, Protection, Trust};

    fn tls(authorities: Authorities, is_name_verified: bool) -> Protection {
        Protection::Tls(Trust { authorities, is_name_verified })
    }

    /// A failure here would send records over a network in clear text or to a server that nobody verified.
    #[test]
    #[cfg_attr(windows, ignore = "the paths are those of Unix")]
    fn another_computer_is_verified_unless_clear_text_is_confirmed() {
        let protection = |text: &str| text.parse::<DatabaseUrl>().map(|url| url.protection);
        let own = || Authorities::File("/etc/ca.pem".into());
        for (text, expected) in [
            ("localhost/j", Protection::Plain),
            ("127.0.0.1/j", Protection::Plain),
            ("/j?host=/run/pg&sslmode=verify-full", Protection::Plain),
            ("db/j?sslmode=disable", Protection::Plain),
            ("db/j", tls(Authorities::System, true)),
            ("127.0.0.1.evil.test/j", tls(Authorities::System, true)),
            ("localhost/j?host=db", tls(Authorities::System, true)),
            ("localhost/j?sslmode=verify-full", tls(Authorities::System, true)),
            ("localhost/j?sslrootcert=/etc/ca.pem", tls(own(), true)),
            ("db/j?sslrootcert=system&sslmode=verify-full", tls(Authorities::System, true)),
            ("db/j?sslmode=verify-ca&sslrootcert=/etc/ca.pem", tls(own(), false)),
            ("db/j?sslmode=require&sslrootcert=/etc/ca.pem", tls(own(), false)),
        ] {
            assert_eq!(protection(&format!("postgresql://{text}")), Ok(expected), "{text}");
        }
        for (text, error) in [
            ("db/j?sslmode=allow", ParseUrlError::Unencrypted),
            ("localhost/j?sslmode=prefer", ParseUrlError::Unencrypted),
            ("db/j?sslmode=require", ParseUrlError::Unverified),
            ("db/j?sslmode=verify-ca", ParseUrlError::Unverified),
            ("db/j?sslmode=verify-ca&sslrootcert=system", ParseUrlError::Unverified),
            ("db/j?sslrootcert=ca.pem", ParseUrlError::RelativePath),
            ("db/j?sslmode=full", ParseUrlError::Malformed),
        ] {
            assert_eq!(protection(&format!("postgresql://{text}")), Err(error), "{text}");
        }
    }

    /// A failure here would connect to another server, or keep a password in a configuration.
    #[test]
    fn a_url_names_a_host_or_a_folder_and_no_password() {
        let host = |text: &str| text.parse::<DatabaseUrl>().map(|url| (url.host, url.port));
        let named = |name: &str, port| Ok((Host::Named(name.to_owned()), port));
        assert_eq!(host("postgresql://a@127.0.0.1:5433/j"), named("127.0.0.1", 5_433));
        assert_eq!(host("postgres://[::1]/j"), named("::1", 5_432));
        assert_eq!(host("postgresql://db:5/j?sslmode=disable"), named("db", 5));
        assert_eq!(host("postgresql:///j?host=%2Frun/pg&port=9"), Ok((Host::Socket("/run/pg".into()), 9)));
        assert_eq!(host("postgresql:///j"), Ok((Host::Socket("/var/run/postgresql".into()), 5_432)));
        for (text, error) in [
            ("postgresql://a:hunter2@localhost/j", ParseUrlError::Password),
            ("postgresql://localhost/j?password=hunter2", ParseUrlError::Password),
            ("postgresql://localhost", ParseUrlError::NoDatabase),
            ("postgresql://localhost/j?other=1", ParseUrlError::Malformed),
            ("postgresql://localhost/%zz", ParseUrlError::Malformed),
            ("postgresql://localhost:x/j", ParseUrlError::Malformed),
            ("postgresql://a%00@localhost/j", ParseUrlError::Malformed),
            ("host=db dbname=j", ParseUrlError::Malformed),
        ] {
            assert_eq!(host(text), Err(error), "{text}");
        }
    }
}
