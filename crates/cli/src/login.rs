//! Who logs in at each server, and where the password comes from.
//!
//! The user: `-U`, else the authentication file, else the configuration, else a question. The password: the
//! authentication file, standard input, `NETSESSION_PASSWORD`, the configuration's command, else a question. A
//! password is never used for another user than the one it stands beside.

use std::collections::HashMap;
use std::io::{self, IsTerminal as _};
use std::path::Path;

use netsession::{Login, Secret};
use netsession_config::{
    AuthFile, Password, Settings, bare_user, first_line, has_password, password_from_environment,
    printed_password,
};

use crate::failure::Failure;
use crate::flags::Connect;
use crate::{ask, output};

pub(crate) const OTHER_WAYS: &str = "give the password by --authentication-file FILE, --password-stdin, NETSESSION_PASSWORD, \
                          or a password-command in the configuration file";

/// Finds the login for one server after the other; asks, reads and runs everything only once.
pub(crate) struct Logins {
    user: Option<String>,
    password: Option<Password>,
    printed: HashMap<Vec<String>, Password>,
    typed: HashMap<String, Password>,
    typed_user: Option<String>,
}

impl Logins {
    /// Takes what flags, files and the environment say.
    pub(crate) fn new(connect: &Connect) -> Result<Logins, Failure> {
        if connect.login.as_deref().is_some_and(has_password) {
            return Err(password_in_sight("after the user in --login"));
        }
        let file = connect.authentication_file.as_deref().map(from_file).transpose()?.unwrap_or_default();
        let user = match (&connect.login, file.qualified_user()) {
            (Some(given), Some(filed)) if bare_user(given) != bare_user(&filed) => {
                let message =
                    format!("--login names {given}, and the authentication file holds the login of {filed}");
                return Err(Failure::usage(message).hint("leave one of them out"));
            }
            (Some(given), Some(filed)) if !given.contains(['\\', '@']) => Some(filed),
            (Some(given), _) => Some(given.clone()),
            (None, filed) => filed,
        };
        let password = match (file.password, connect.password_stdin) {
            (Some(password), _) => Some(password),
            (None, true) => Some(from_stdin(user.as_deref().unwrap_or("the server"))?),
            (None, false) => password_from_environment()?,
        };
        Ok(Logins { user, password, printed: HashMap::new(), typed: HashMap::new(), typed_user: None })
    }

    /// The login for a server that the configuration says `settings` of.
    pub(crate) fn for_server(&mut self, server: &str, settings: &Settings) -> Result<Login, Failure> {
        let who = match (&self.user, &settings.login) {
            (Some(user), _) => user.clone(),
            (None, Some(user)) if has_password(user) => {
                return Err(password_in_sight("after a user in the configuration file"));
            }
            (None, Some(user)) => user.clone(),
            (None, None) => self.ask_user(server)?,
        };
        let known =
            Login::new(&who, Secret::password("")).map_err(|error| Failure::usage(error.to_string()))?;
        let password = match &self.password {
            Some(password) => password.clone(),
            None => self.configured_or_typed(&who, server, settings)?,
        };
        Ok(Login { secret: Secret::Password(password), ..known })
    }

    /// Whether somebody typed the password of this login.
    pub(crate) fn is_typed(&self, login: &Login) -> bool {
        self.typed.contains_key(&login.to_string().to_lowercase())
    }

    fn ask_user(&mut self, server: &str) -> Result<String, Failure> {
        if let Some(user) = &self.typed_user {
            return Ok(user.clone());
        }
        let nobody = || {
            Failure::usage(format!("no user is given for the login at {server}"))
                .hint("give one by --login [DOMAIN\\]USER, --authentication-file FILE, or in the configuration file")
        };
        if !ask::is_person_present() {
            return Err(nobody());
        }
        let user = ask::text(&format!("Log in at {server} as [DOMAIN\\]USER:"))?.ok_or_else(nobody)?;
        if has_password(&user) {
            return Err(password_in_sight("after the user"));
        }
        self.typed_user = Some(user.clone());
        Ok(user)
    }

    fn configured_or_typed(
        &mut self,
        who: &str,
        server: &str,
        settings: &Settings,
    ) -> Result<Password, Failure> {
        let is_meant = settings.login.as_deref().is_none_or(|login| login.eq_ignore_ascii_case(who));
        if let Some(command) = settings.password_command.as_ref().filter(|_| is_meant) {
            if let Some(password) = self.printed.get(command) {
                return Ok(password.clone());
            }
            let password = printed_password(command, false)?;
            self.printed.insert(command.clone(), password.clone());
            return Ok(password);
        }
        let key = who.to_lowercase();
        if let Some(password) = self.typed.get(&key) {
            return Ok(password.clone());
        }
        if !ask::is_person_present() {
            let message = format!("no password is given for {who} at {server}, and nobody is there to ask");
            return Err(Failure::usage(message).hint(OTHER_WAYS));
        }
        let password = ask::password(who)?;
        self.typed.insert(key, password.clone());
        Ok(password)
    }
}

/// The refusal of a password that others can read.
pub(crate) fn password_in_sight(place: &str) -> Failure {
    let message = format!("a password {place} is refused: others can read it there");
    Failure::usage(message).hint(format!("leave it out to be asked for it, or {OTHER_WAYS}"))
}

/// Reads the file, and warns where others on this machine can read it too.
fn from_file(path: &Path) -> Result<AuthFile, Failure> {
    let file = AuthFile::read(path)?;
    if file.is_exposed {
        let shown = path.display();
        output::warn(&format!("others on this machine can read the password in {shown}"));
        output::hint(&format!("chmod 600 {shown}"));
    }
    Ok(file)
}

fn from_stdin(who: &str) -> Result<Password, Failure> {
    if io::stdin().is_terminal() {
        return ask::password(who);
    }
    first_line(io::stdin().lock())
        .map_err(|error| Failure::usage(format!("cannot read the password from standard input: {error}")))?
        .ok_or_else(|| {
            Failure::usage("standard input has no password").hint("its first line is the password")
        })
}

#[cfg(test)]
mod tests {
    use super::Logins;
    use crate::flags::Connect;
    use netsession::{Login, Secret};
    use netsession_config::Settings;
    use std::path::PathBuf;

    fn connect(login: Option<&str>, authentication_file: Option<PathBuf>) -> Connect {
        Connect {
            login: login.map(str::to_owned),
            authentication_file,
            password_stdin: false,
            encrypt: false,
            timeout: None,
            netbios: false,
        }
    }

    fn settings(login: Option<&str>, command: &[&str]) -> Settings {
        Settings {
            login: login.map(str::to_owned),
            password_command: Some(command.iter().map(|&word| word.to_owned()).collect()),
            ..Settings::default()
        }
    }

    fn parts(login: &Login) -> (Option<&str>, &str, &str) {
        match &login.secret {
            Secret::Password(password) => (login.domain.as_deref(), &login.user, password.as_str()),
            _ => panic!("not a password"),
        }
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    /// If this fails, the configuration's password goes to the server under another user's name.
    #[test]
    fn a_configured_password_is_for_the_configured_user_only() {
        let configured = settings(Some("LAB\\adm1"), &["echo", "one"]);
        let mut own = Logins::new(&connect(None, None)).ok().unwrap();
        assert_eq!(parts(&own.for_server("fs1", &configured).unwrap()), (Some("LAB"), "adm1", "one"));
        let mut same = Logins::new(&connect(Some("lab\\ADM1"), None)).ok().unwrap();
        assert_eq!(parts(&same.for_server("fs1", &configured).unwrap()), (Some("lab"), "ADM1", "one"));
        let mut other = Logins::new(&connect(Some("LAB\\bob"), None)).ok().unwrap();
        assert!(other.for_server("fs1", &configured).unwrap_err().message.contains("no password"));
    }

    /// If this fails, the file's password goes out under a name that it does not belong to.
    #[test]
    fn an_authentication_file_and_a_login_must_agree() {
        let file = file("username = bob\npassword = two\ndomain = LAB\n");
        let login = |given| Logins::new(&connect(given, Some(file.path().to_owned())));
        for (given, domain) in [(None, "LAB"), (Some("BOB"), "LAB"), (Some("CORP\\bob"), "CORP")] {
            let login = login(given).ok().unwrap().for_server("fs1", &settings(None, &["false"])).unwrap();
            let (found, user, password) = parts(&login);
            assert_eq!((found, user.to_lowercase().as_str(), password), (Some(domain), "bob", "two"));
        }
        assert!(login(Some("alice")).err().unwrap().message.contains("names alice"));
    }

    /// If this fails, a password command that fails is taken for an empty password.
    #[test]
    fn a_password_command_must_succeed() {
        for (command, part) in [
            (&["false"][..], "failed"),
            (&["true"], "printed nothing"),
            (&["/nonexistent/program"], "cannot be run"),
            (&[], "empty password-command"),
        ] {
            let mut logins = Logins::new(&connect(Some("bob"), None)).ok().unwrap();
            let failure = logins.for_server("fs1", &settings(None, command)).unwrap_err();
            assert!(failure.message.contains(part), "{}", failure.message);
        }
    }
}
