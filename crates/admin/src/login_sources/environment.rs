//! [`LoginSources::of_environment`]: the logins of a program that names servers itself, as through the C library.

use std::env;

use netsession::{Kerberos, ParseAddressError, ServerAddress};
use netsession_config::{AuthFile, Config, PASSWORD_VARIABLE, has_password, password_from_environment};

use super::{LoginSources, agreed_user};
use crate::Error;
use crate::error::PasswordPlace;

const LOGIN_VARIABLE: &str = "NETSESSION_LOGIN";
const FILE_VARIABLE: &str = "NETSESSION_AUTHENTICATION_FILE";
const KERBEROS_VARIABLE: &str = "NETSESSION_KERBEROS";
const SERVERS_VARIABLE: &str = "NETSESSION_SERVERS";

impl LoginSources {
    /// Reads `NETSESSION_LOGIN`, `NETSESSION_AUTHENTICATION_FILE`, `NETSESSION_PASSWORD`, `NETSESSION_SERVERS`,
    /// `NETSESSION_KERBEROS`, the configuration file, and the logins of the user's running servers.
    ///
    /// A program that runs with more rights than its caller (`AT_SECURE`) must not call this: its caller writes the
    /// environment. Such a program uses [`LoginSources::default`].
    ///
    /// # Errors
    /// A source is wrong. This function does not skip it, because netsession would use another login than the user
    /// chose.
    pub fn of_environment() -> Result<Self, Error> {
        let mut sources = Self::default();
        let file = match variable(FILE_VARIABLE)?.filter(|path| !path.is_empty()) {
            Some(path) => sources.read_file(path.into())?,
            None => AuthFile::default(),
        };
        let login = variable(LOGIN_VARIABLE)?.filter(|login| !login.trim().is_empty());
        if login.as_deref().is_some_and(has_password) {
            return Err(Error::PasswordInSight { place: PasswordPlace::LoginVariable });
        }
        sources.user_from = Some(if login.is_some() { LOGIN_VARIABLE } else { FILE_VARIABLE }.to_owned());
        sources.user = agreed_user(login, LOGIN_VARIABLE, &file)?;
        let password_from = if file.password.is_some() { FILE_VARIABLE } else { PASSWORD_VARIABLE };
        sources.password_from = Some(password_from.to_owned());
        sources.password = match file.password {
            Some(password) => Some(password),
            None => password_from_environment()?,
        };
        sources.listed = listed(&variable(SERVERS_VARIABLE)?.unwrap_or_default())?;
        sources.kerberos = kerberos(variable(KERBEROS_VARIABLE)?.as_deref())?;
        sources.config = Config::read()?;
        sources.find_local();
        Ok(sources)
    }
}

/// Returns a variable of the environment.
fn variable(name: &'static str) -> Result<Option<String>, Error> {
    match env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(Error::NotText(name)),
    }
}

/// Returns the choice of `NETSESSION_KERBEROS`. An empty value is none.
fn kerberos(value: Option<&str>) -> Result<Option<Kerberos>, Error> {
    let value = value.filter(|value| !value.is_empty());
    value
        .map(|value| value.parse().map_err(|_| Error::KerberosVariable { variable: KERBEROS_VARIABLE }))
        .transpose()
}

/// Returns the servers of a list with commas or white space between them.
fn listed(list: &str) -> Result<Vec<ServerAddress>, Error> {
    list.split([',', ' ', '\t', '\n'])
        .filter(|name| !name.is_empty())
        .map(str::parse)
        .collect::<Result<_, ParseAddressError>>()
        .map_err(|reason| Error::ServerList { variable: SERVERS_VARIABLE, reason })
}

#[cfg(test)]
mod tests {
    use super::{kerberos, listed};
    use netsession::Kerberos;

    /// A failure here would take a misspelled variable for permission to use NTLM.
    #[test]
    fn a_misspelled_choice_is_an_error() {
        assert_eq!(kerberos(Some("required")).unwrap(), Some(Kerberos::Required));
        assert_eq!(kerberos(Some("")).unwrap(), None);
        assert!(kerberos(Some("requierd")).is_err());
    }

    /// A failure here would send a login to a server that nobody named, or not send it to a named one.
    #[test]
    fn servers_are_listed_with_commas_or_spaces() {
        let shown = |list| listed(list).unwrap().iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(shown(r"fs1, \\FS2 10.0.0.5:4450,,[::1]"), ["fs1", "FS2", "10.0.0.5:4450", "::1"]);
        assert!(listed("").unwrap().is_empty());
        assert!(listed("fs1;*").is_err());
    }
}
