//! [`LoginSources`]: what flags, files and the environment say about logins.

mod environment;
mod flags;

use std::fmt;
use std::path::PathBuf;

use netsession::{Kerberos, Local, LocalServer, ServerAddress};
use netsession_config::{AuthFile, Config, Password, bare_user};

pub use flags::LoginFlags;

use crate::Error;

/// Every source of a login. [`LoginSources::choose`] decides which login a server gets.
///
/// A program can fill it by hand. [`LoginSources::of_environment`] reads the environment, and
/// [`LoginSources::of_flags`] reads the flags of a command.
#[derive(Clone, Default)]
pub struct LoginSources {
    /// The user: a flag's, else the environment's, else the authentication file's.
    pub user: Option<String>,
    /// Where [`user`](Self::user) comes from, such as `--login`, for the log.
    pub user_from: Option<String>,
    /// Where [`password`](Self::password) comes from, for the log.
    pub password_from: Option<String>,
    /// The password: the authentication file's, standard input's, or `NETSESSION_PASSWORD`.
    pub password: Option<Password>,
    /// The keytab of the flags, for [`user`](Self::user).
    pub keytab: Option<PathBuf>,
    /// Whether to log on with Kerberos: the flag's, else the environment's. None leaves it to the configuration file.
    pub kerberos: Option<Kerberos>,
    /// The servers that `NETSESSION_SERVERS` names.
    pub listed: Vec<ServerAddress>,
    /// The configuration file.
    pub config: Config,
    /// The servers that the user runs on this computer.
    pub running: Vec<LocalServer>,
    /// The local computer's server, which NULL reaches. `None` if several are running, or if this layer cannot find it.
    pub local: Option<ServerAddress>,
    /// Warnings about these sources, to show to a person.
    pub warnings: Vec<Warning>,
}

/// Redacts the password.
impl fmt::Debug for LoginSources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let password = self.password.as_ref().map(|_| "..");
        f.debug_struct("LoginSources")
            .field("user", &self.user)
            .field("user_from", &self.user_from)
            .field("password_from", &self.password_from)
            .field("password", &password)
            .field("keytab", &self.keytab)
            .field("kerberos", &self.kerberos)
            .field("listed", &self.listed)
            .field("config", &self.config)
            .field("running", &self.running)
            .field("local", &self.local)
            .field("warnings", &self.warnings)
            .finish()
    }
}

/// A risk of a source of logins that works, or a part of the command line that has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// Other users of this computer can read the authentication file.
    ExposedAuthFile(PathBuf),
    /// A server or group to exclude is not among the servers.
    NotExcluded(String),
}

impl Warning {
    /// Returns what to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::ExposedAuthFile(path) => netsession_config::to_make_private(path),
            Self::NotExcluded(_) => {
                "exclude a server by the name or address by which it is selected".to_owned()
            }
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ExposedAuthFile(path) => {
                write!(f, "others on this machine can read the password in {}", path.display())
            }
            Self::NotExcluded(name) => write!(f, "{name} is not among the servers, and excludes nothing"),
        }
    }
}

impl LoginSources {
    /// Finds the local computer's server and the servers that the user runs.
    fn find_local(&mut self) {
        self.running = LocalServer::all();
        self.local = Local::find().and_then(|local| local.address()).ok();
    }

    /// Reads an authentication file, and adds a warning if other users can read it.
    fn read_file(&mut self, path: PathBuf) -> Result<AuthFile, Error> {
        let file = AuthFile::read(&path)?;
        if file.is_exposed {
            self.warnings.push(Warning::ExposedAuthFile(path));
        }
        Ok(file)
    }
}

/// Returns the user of a login and of an authentication file, which must name the same user. The file adds its domain
/// to a user without one.
fn agreed_user(
    given: Option<String>,
    given_by: &'static str,
    file: &AuthFile,
) -> Result<Option<String>, Error> {
    match (given, file.qualified_user()) {
        (Some(given), Some(filed)) if bare_user(&given) != bare_user(&filed) => {
            Err(Error::TwoUsers { given_by, given, filed })
        }
        (Some(given), Some(filed)) if !given.contains(['\\', '@']) => Ok(Some(filed)),
        (given, filed) => Ok(given.or(filed)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would send one user's password under another user's name.
    #[test]
    fn a_login_and_an_authentication_file_must_agree() {
        let file = |username: &str, domain: Option<&str>| AuthFile {
            username: Some(username.to_owned()),
            domain: domain.map(str::to_owned),
            ..AuthFile::default()
        };
        let user = |login: Option<&str>, file: AuthFile| {
            agreed_user(login.map(str::to_owned), "--login", &file).ok().flatten()
        };
        assert_eq!(user(Some("bob"), file("BOB", Some("LAB"))).as_deref(), Some(r"LAB\BOB"));
        assert_eq!(user(Some(r"X\bob"), file("bob", Some("LAB"))).as_deref(), Some(r"X\bob"));
        assert_eq!(user(None, file("bob", None)).as_deref(), Some("bob"));
        assert_eq!(user(Some("bob"), AuthFile::default()).as_deref(), Some("bob"));
        let error = agreed_user(Some("alice".to_owned()), "--login", &file("bob", None)).unwrap_err();
        assert!(error.to_string().contains("--login names alice"), "{error}");
    }

    /// A failure here would print a password in a log.
    #[test]
    fn a_password_is_not_shown() {
        let sources = LoginSources { password: Some("hunter2".to_owned().into()), ..LoginSources::default() };
        assert!(!format!("{sources:?}").contains("hunter2"));
    }
}
