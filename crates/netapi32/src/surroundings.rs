//! What the environment and the configuration file say. Neither is looked at in a program that runs with more rights than
//! its caller has (AT_SECURE): there the caller writes them, and the program's user must not be logged on by them.

use std::env;

use netsession::{Local, LocalServer, ServerAddress};
use netsession_config::{AuthFile, Config, PASSWORD_VARIABLE, Password, bare_user, has_password};
use zeroize::Zeroizing;

use crate::failure::Failure;

const LOGIN_VARIABLE: &str = "NETSESSION_LOGIN";
const FILE_VARIABLE: &str = "NETSESSION_AUTHENTICATION_FILE";
const SERVERS_VARIABLE: &str = "NETSESSION_SERVERS";

/// All that was found.
#[derive(Default)]
pub(crate) struct Surroundings {
    /// The user of the environment: `NETSESSION_LOGIN`, or the authentication file's.
    pub(crate) user: Option<String>,
    /// The password of the environment: the authentication file's, or `NETSESSION_PASSWORD`.
    pub(crate) password: Option<Password>,
    /// The servers that the environment's login may be sent to.
    pub(crate) servers: Vec<ServerAddress>,
    /// The configuration file.
    pub(crate) config: Config,
    /// What the local user's servers have left.
    pub(crate) running: Vec<LocalServer>,
}

impl Surroundings {
    /// Looks at everything.
    ///
    /// # Errors
    /// What is there is wrong: it is not passed over, since another login than the one that is meant would be used.
    pub(crate) fn gather() -> Result<Self, Failure> {
        if is_secure() {
            return Ok(Self::default());
        }
        let file = match variable(FILE_VARIABLE)?.filter(|path| !path.is_empty()) {
            Some(path) => AuthFile::read(path.as_ref())?,
            None => AuthFile::default(),
        };
        if file.is_exposed {
            tracing::warn!("others on this machine can read the password in the authentication file");
        }
        let login = variable(LOGIN_VARIABLE)?.filter(|login| !login.trim().is_empty());
        Ok(Self {
            user: user(login, &file)?,
            password: match file.password {
                Some(password) => Some(password),
                None => variable(PASSWORD_VARIABLE)?.map(Zeroizing::new),
            },
            servers: servers(&variable(SERVERS_VARIABLE)?.unwrap_or_default())?,
            config: Config::read()?,
            running: LocalServer::all(),
        })
    }
}

/// Where the local computer's server is.
///
/// # Errors
/// `NETSESSION_LOCAL` names none, or several run.
pub(crate) fn local() -> Result<ServerAddress, Failure> {
    if is_secure() {
        let usual = ServerAddress::new("127.0.0.1", ServerAddress::DEFAULT_PORT);
        return usual.map_err(|error| Failure::Surroundings(error.to_string()));
    }
    Ok(Local::find()?.address()?)
}

/// A variable of the environment, where it is to be trusted.
///
/// # Errors
/// It is not UTF-8.
pub(crate) fn variable(name: &str) -> Result<Option<String>, Failure> {
    match env::var(name) {
        Ok(_) if is_secure() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => {
            Err(Failure::Surroundings(format!("{name} is not text (UTF-8)")))
        }
    }
}

/// The user of both, who must be the same in both.
fn user(login: Option<String>, file: &AuthFile) -> Result<Option<String>, Failure> {
    if login.as_deref().is_some_and(has_password) {
        return Err(Failure::Surroundings(format!(
            "a password after the user in {LOGIN_VARIABLE} is refused"
        )));
    }
    match (login, file.qualified_user()) {
        (Some(given), Some(filed)) if bare_user(&given) != bare_user(&filed) => Err(Failure::Surroundings(
            format!("{LOGIN_VARIABLE} names {given}, and the authentication file holds the login of {filed}"),
        )),
        (Some(given), Some(filed)) if !given.contains(['\\', '@']) => Ok(Some(filed)),
        (given, filed) => Ok(given.or(filed)),
    }
}

/// The servers of a list with commas or spaces between them.
fn servers(list: &str) -> Result<Vec<ServerAddress>, Failure> {
    let names = list.split([',', ' ', '\t', '\n']).filter(|name| !name.is_empty());
    names
        .map(str::parse)
        .collect::<Result<_, netsession::ParseAddressError>>()
        .map_err(|error| Failure::Surroundings(format!("{SERVERS_VARIABLE}: {error}")))
}

/// Whether the process has rights that who started it has not, as a program with the set-user-ID bit has.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn is_secure() -> bool {
    // SAFETY: it only reads what the kernel told the process at its start.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

/// As on Linux, as far as the system tells.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn is_secure() -> bool {
    // SAFETY: they only read the process's own identity, and cannot fail.
    unsafe { libc::getuid() != libc::geteuid() || libc::getgid() != libc::getegid() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(username: &str, domain: Option<&str>) -> AuthFile {
        let domain = domain.map(str::to_owned);
        AuthFile { username: Some(username.to_owned()), domain, ..AuthFile::default() }
    }

    /// If this fails, one user's password is sent under another's name.
    #[test]
    fn the_environment_s_login_and_file_must_agree() {
        let login = |login: &str| Some(login.to_owned());
        assert_eq!(user(login("bob"), &file("BOB", Some("LAB"))).unwrap().as_deref(), Some(r"LAB\BOB"));
        assert_eq!(user(login(r"X\bob"), &file("bob", Some("LAB"))).unwrap().as_deref(), Some(r"X\bob"));
        assert_eq!(user(None, &file("bob", None)).unwrap().as_deref(), Some("bob"));
        assert!(user(login("alice"), &file("bob", None)).is_err());
        let refused = user(login("bob%hunter2"), &AuthFile::default()).unwrap_err().to_string();
        assert!(!refused.contains("hunter2"), "{refused}");
    }

    /// If this fails, a login goes to a server that nobody named, or not to one that somebody did.
    #[test]
    fn servers_are_listed_with_commas_or_spaces() {
        let listed = servers(r"fs1, \\FS2 10.0.0.5:4450,,[::1]").unwrap();
        let shown: Vec<String> = listed.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["fs1", "FS2", "10.0.0.5:4450", "::1"]);
        assert!(servers("").unwrap().is_empty());
        assert!(servers("fs1;*").is_err());
    }
}
