//! [`LoginFlags`]: the login flags of a command whose servers a person names.

use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use netsession::Kerberos;
use netsession_config::{
    AuthFile, Config, PASSWORD_VARIABLE, Password, first_line, has_password, password_from_environment,
};

use super::{LoginSources, agreed_user};
use crate::error::PasswordPlace;
use crate::{Error, Questions};

/// The login flags of a command.
#[derive(Debug, Clone, Default)]
pub struct LoginFlags {
    /// `--login`: the user.
    pub user: Option<String>,
    /// `--authentication-file`: a file in Samba's format.
    pub authentication_file: Option<PathBuf>,
    /// `--password-stdin`: the first line of standard input is the password.
    pub is_password_on_stdin: bool,
    /// `--keytab`: a file with the Kerberos keys of the user.
    pub keytab: Option<PathBuf>,
    /// `--kerberos`: whether to log on with Kerberos.
    pub kerberos: Option<Kerberos>,
}

impl LoginFlags {
    /// Whether a flag names the login. Then the login of a running server does not apply.
    #[must_use]
    pub const fn name_a_login(&self) -> bool {
        self.user.is_some() || self.authentication_file.is_some()
    }
}

impl LoginSources {
    /// Reads the authentication file, standard input and `NETSESSION_PASSWORD`, as the flags say, and adds the
    /// configuration. It asks for the password if standard input is a terminal. `is_local_named` says whether the person named a
    /// server on this computer: only then does this function look for the user's running servers.
    ///
    /// # Errors
    /// A source is wrong.
    pub fn of_flags(
        flags: &LoginFlags,
        config: Config,
        is_local_named: bool,
        questions: &mut dyn Questions,
    ) -> Result<Self, Error> {
        let (keytab, kerberos) = (flags.keytab.clone(), flags.kerberos);
        let mut sources = Self { config, keytab, kerberos, ..Self::default() };
        if flags.user.as_deref().is_some_and(has_password) {
            return Err(Error::PasswordInSight { place: PasswordPlace::LoginFlag });
        }
        let file = match &flags.authentication_file {
            Some(path) => sources.read_file(path.clone())?,
            None => AuthFile::default(),
        };
        sources.user = agreed_user(flags.user.clone(), "--login", &file)?;
        let file_name = flags.authentication_file.as_ref().map(|path| path.display().to_string());
        sources.user_from = flags.user.as_ref().map(|_| "--login".to_owned()).or_else(|| file_name.clone());
        sources.password_from = match (&file.password, flags.is_password_on_stdin) {
            (Some(_), _) => file_name,
            (None, true) => Some("standard input".to_owned()),
            (None, false) => Some(PASSWORD_VARIABLE.to_owned()),
        };
        sources.password = match (file.password, flags.is_password_on_stdin) {
            (Some(password), _) => Some(password),
            (None, true) => Some(from_stdin(sources.user.as_deref().unwrap_or("the server"), questions)?),
            (None, false) => password_from_environment()?,
        };
        if is_local_named && !flags.name_a_login() {
            sources.find_local();
        }
        Ok(sources)
    }
}

/// Returns the first line of standard input, or the line that a person types there.
fn from_stdin(user: &str, questions: &mut dyn Questions) -> Result<Password, Error> {
    if io::stdin().is_terminal() {
        return questions
            .password(user, &[])
            .map_err(|reason| Error::NotAnswered { what: "password", reason });
    }
    let input = unbuffered_stdin().map_err(Error::Stdin)?;
    first_line(input).map_err(Error::Stdin)?.ok_or(Error::StdinEmpty)
}

/// Returns standard input without the buffer of [`io::stdin`], in which the password would stay until the program ends.
fn unbuffered_stdin() -> io::Result<File> {
    #[cfg(unix)]
    use std::os::fd::AsFd as _;
    #[cfg(windows)]
    use std::os::windows::io::AsHandle as _;

    let stdin = io::stdin();
    #[cfg(unix)]
    let input = stdin.as_fd().try_clone_to_owned()?;
    #[cfg(windows)]
    let input = stdin.as_handle().try_clone_to_owned()?;
    Ok(input.into())
}
